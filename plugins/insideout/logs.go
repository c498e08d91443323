package insideout

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/akstools/akstools/plugins/insideout/facts"
)

// writeLogs prints the last log lines of the containers of each target, each below the command that shows the whole log.
func writeLogs(ctx context.Context, out io.Writer, envs []*facts.Env) error {
	for _, e := range envs {
		logs, omitted, err := facts.ContainerLogs(ctx, e)
		if err != nil {
			fmt.Fprintf(out, "\nlogs of %s: %v\n", e.Target, err)
			continue
		}
		for _, l := range logs {
			fmt.Fprintf(out, "\n$ %s\n", l.Command().With("--tail="+strconv.Itoa(facts.LogLines)))
			for _, line := range l.Lines {
				fmt.Fprintf(out, "  | %s\n", line)
			}
			switch {
			case l.Error != "":
				fmt.Fprintf(out, "  could not be read: %s\n", l.Error)
			case len(l.Lines) == 0:
				fmt.Fprintln(out, "  (empty)")
			}
		}
		if omitted > 0 {
			fmt.Fprintf(out, "\nlogs of %d more pods of %s are not shown\n", omitted, e.Target)
		}
	}
	return context.Cause(ctx)
}
