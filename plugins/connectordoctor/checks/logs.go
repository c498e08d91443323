package checks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// tellingLine returns the last of the lines that is an error of one of the classes, and its explanation. Without classes, any error that is
// known counts. An earlier line with the number of Entra ID's answer is preferred to one of a library about that. The line is empty if
// there is none.
func tellingLine(lines []string, classes ...errtext.Class) (line string, e errtext.Explanation) {
	for _, l := range slices.Backward(lines) {
		found := errtext.Explain(l)
		if !found.Known() || found.Class == errtext.Harmless || len(classes) > 0 && !slices.Contains(classes, found.Class) {
			continue
		}
		switch {
		case line == "":
			line, e = l, found
		case found.Class == e.Class && strings.Contains(l, entraNumber):
			return l, found
		}
		if e.Class != errtext.Identity || strings.Contains(line, entraNumber) {
			break
		}
	}
	return line, e
}

// entraNumber precedes the number of an error of Entra ID.
const entraNumber = "AADSTS"

// withCauses is what the error means, with its first two possible causes.
func withCauses(e errtext.Explanation) string {
	if len(e.Causes) == 0 {
		return e.Clause()
	}
	return e.Clause() + ": " + strings.Join(e.Causes[:min(len(e.Causes), 2)], ", or ")
}

// helping returns what helps against the error, as far as it is more than to run this program.
func helping(e errtext.Explanation) (fixes []check.Fix) {
	for _, next := range e.Next {
		if !strings.HasPrefix(next, "kubectl connectordoctor") && len(fixes) < 2 {
			fixes = append(fixes, fix(next))
		}
	}
	return fixes
}

// shortened returns at most 240 characters of the line.
func shortened(line string) string {
	if r := []rune(line); len(r) > 240 {
		return string(r[:240]) + "..."
	}
	return line
}

// sayLog adds to the cause of a finding on the pod what the log of its container shows that exits, or that runs and is not ready; logs are
// by "pod/container".
func sayLog(p *check.Pass, namespace string, pod podhealth.Pod, at time.Time, logs map[string]facts.LogTail, f *check.Finding) {
	failing, _, _, ok := pod.ContainerProblem(podhealth.Exiting(at))
	if !ok {
		failing, _, _, ok = pod.ContainerProblem(func(c podhealth.Container) (string, string) {
			if !c.Ready && c.State.Phase == podhealth.Running {
				return "is not ready", ""
			}
			return "", ""
		})
	}
	t := logs[pod.Name+"/"+failing.Name]
	if _, exit := failing.Exited(); ok && exit.Reason != podhealth.OutOfMemory {
		sayTail(p, namespace, t, f)
	}
}

// sayTail adds to the cause of a finding what the end of the log shows of why its container has exited or is not ready.
func sayTail(p *check.Pass, namespace string, t facts.LogTail, f *check.Finding) {
	if len(t.Lines) == 0 {
		return
	}
	line, e := tellingLine(t.Lines)
	f.Cause = strings.TrimSuffix(f.Cause, podhealth.SeeLog)
	switch name := lackedVariable(p, line); {
	case name != "":
		f.Cause += fmt.Sprintf("; its log: %s. The app reads the variable %s, which is not among the keys of the Secret: the connection was "+
			"created for another client type (--client-type), or with keys of other names", shortened(line), name)
	case line == "":
		line = t.Lines[len(t.Lines)-1]
		f.Cause += "; its log ends: " + shortened(line)
	case e.Class == errtext.ClientCannotConnect: // the client is the pod
		f.Cause += fmt.Sprintf("; it does not get through to the API server: a NetworkPolicy, kube-proxy's rules for the Service kubernetes, or "+
			"the egress of its node (a firewall, a route) does not let it, or ends the connection. Its log: %s", shortened(line))
		f.Fixes = append([]check.Fix{fix("see whether the nodes reach the API server, and what applies to the pod",
			cmdline.Kubectl("tunneldoctor"), cmdline.Kubectl("get", "networkpolicies", "-n", namespace))}, f.Fixes...)
	default:
		f.Cause += fmt.Sprintf("; %s. Its log: %s", withCauses(e), shortened(line))
		f.Fixes = append(helping(e), f.Fixes...)
	}
	f.Evidence = append(f.Evidence, check.Evidence{Source: t.Command(namespace), Lines: []string{line}})
}

// variable matches a name of Service Connector's, as it stands in messages.
var variable = regexp.MustCompile(`\bAZURE_[A-Z0-9]+_[A-Z0-9_]+\b`)

// lackedVariable returns the variable of a connection that the line names and that is not among the keys of the Secret; empty if there is
// none, or the keys are not known.
func lackedVariable(p *check.Pass, line string) string {
	secret, err := facts.Secret.Get(p)
	if err != nil || len(secret.Keys) == 0 {
		return ""
	}
	name := variable.FindString(line)
	service, _, _ := strings.Cut(strings.TrimPrefix(name, "AZURE_"), "_")
	if name == "" || slices.Contains(secret.Keys, name) ||
		!slices.ContainsFunc(secret.Keys, func(key string) bool { return strings.HasPrefix(key, "AZURE_"+service+"_") }) {
		return "" // or of another connection
	}
	return name
}

// sayAgentLog adds to the cause of a finding what the logs of the extension agents show, if that is an error of theirs that is known.
func sayAgentLog(p *check.Pass, f *check.Finding) {
	logs, err := facts.AgentLogs.Get(p)
	if err != nil {
		return // the cause is only less certain
	}
	for _, t := range logs {
		if line, e := tellingLine(t.Lines, errtext.Connector, errtext.Identity, errtext.Proxied); line != "" {
			f.Cause += fmt.Sprintf("; %s. The log of pod %s: %s", e.Clause(), t.Pod, shortened(line))
			f.Evidence = append(f.Evidence, check.Evidence{Source: t.Command(system), Lines: []string{line}})
			return
		}
	}
}

// sayRefused puts in place of the cause what the Job's log shows of the object of that name, which the Job was to write, if it does.
func sayRefused(p *check.Pass, object string, f *check.Finding) {
	log, err := facts.JobLog.Get(p)
	if err != nil {
		return // the cause is only less certain
	}
	of := slices.DeleteFunc(slices.Clone(log.Lines), func(l string) bool { return !strings.Contains(l, object) })
	if line, e := tellingLine(of); line != "" {
		f.Cause = fmt.Sprintf("Job %s/%s, which writes it, failed: %s: %s", facts.System, facts.JobName, e.Clause(), shortened(line))
		f.Fixes = append([]check.Fix{describeJob()}, f.Fixes...)
	}
}
