package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// nameMetricsServer adds to the finding what metrics-server itself says: its log, and why its pods do not run. Where nothing is known of
// it, the finding stays as it is.
func nameMetricsServer(p *check.Pass, f *check.Finding) {
	s, err := facts.MetricsServer.Get(p)
	if err != nil || len(s.Pods) == 0 || !slices.ContainsFunc(s.Pods, func(p podhealth.Pod) bool { return p.Alive() && !p.Ready() }) {
		return
	}
	log := cmdline.Kubectl("logs", s.Pod, "-n", system, "--tail=20")
	if line, meaning := tellingLine(s.Lines); line != "" {
		f.Cause += "; its log: " + line
		if meaning != "" {
			f.Cause += " (" + strings.TrimSuffix(meaning, ".") + ")"
		}
		f.Evidence = append(f.Evidence, check.Evidence{Source: log, Lines: []string{line}})
	}
	for _, pod := range s.Pods {
		c, summary, cause, ok := pod.ContainerProblem(func(c podhealth.Container) (string, string) {
			switch {
			case c.State.Phase == podhealth.Waiting && podhealth.CannotStart(c.State.Reason):
				return c.State.Reason, c.State.Message
			case c.State.Phase == podhealth.Terminated:
				return fmt.Sprintf("exited with code %d", c.State.ExitCode), ""
			}
			return "", ""
		})
		if ok {
			f.Cause += fmt.Sprintf("; container %s of pod %s: %s", c.Name, pod.Name, firstNonEmpty(cause, summary))
			break
		}
	}
	f.Fixes = append([]check.Fix{fix("correct what its log says, most often its arguments",
		log, cmdline.Kubectl("get", "deployment", "metrics-server", "-n", system, "-o", "yaml"))}, f.Fixes...)
}

// tellingLine returns the last line that tells why metrics-server fails, shortened, and what it means where that is known.
func tellingLine(lines []string) (line, meaning string) {
	for _, l := range slices.Backward(lines) {
		switch e := errtext.Explain(l); {
		case e.Class == errtext.MetricsServer:
			return shortened(l), e.Meaning
		case line == "" && (strings.HasPrefix(l, "E") || strings.HasPrefix(l, "F") || strings.HasPrefix(l, "panic:")):
			line = shortened(l)
		}
	}
	return line, ""
}

// shortened returns the line without klog's header, and at most 200 characters of it.
func shortened(line string) string {
	if _, message, ok := strings.Cut(line, "] "); ok {
		line = message
	}
	if r := []rune(line); len(r) > 200 {
		return string(r[:200]) + "..."
	}
	return line
}
