package insideout

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/redact"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// writeLogs prints the last log lines of the containers of each target, each below the command that
// shows it, with the flags that choose the cluster.
func writeLogs(ctx context.Context, out io.Writer, cluster cmdline.ClusterFlags, envs []*facts.Env) error {
	// whatever is quoted stays on the line on which it is printed
	line := func(format string, args ...any) { fmt.Fprintln(out, redact.Line(fmt.Sprintf(format, args...))) }
	for _, e := range envs {
		logs, omitted, err := facts.ContainerLogs(ctx, e)
		if err != nil {
			fmt.Fprintln(out)
			line("logs of %s: %v", e.Target, err)
			continue
		}
		for _, l := range logs {
			fmt.Fprintln(out)
			line("$ %s", cluster.Add(l.Command().With("--tail="+strconv.Itoa(facts.LogLines))))
			for _, text := range l.Lines {
				line("  | %s", text)
			}
			switch {
			case l.Error != "":
				line("  could not be read: %s", l.Error)
			case len(l.Lines) == 0:
				line("  (empty)")
			}
		}
		if omitted > 0 {
			fmt.Fprintln(out)
			line("logs of %d more pods of %s are not shown", omitted, e.Target)
		}
	}
	return context.Cause(ctx)
}
