package checks

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// LogsTellNoError finds pods that run and whose logs tell that they cannot use the connection.
var LogsTellNoError = &check.Check{
	Code: "CON0902",
	Name: "logs-tell-no-error",
	Hop:  hopPods,
	Doc: `the logs of the pods that use the connection tell no error of it

An app may run and still not sign in, or not reach its service. The last lines of the last ten minutes are read, of one pod of each
workload, and compared with the errors that explain knows of Entra ID, workload identity, Key Vault, data services and proxies. What looks
like a secret is redacted. It needs the permission to get pods/log in the namespace; without it, the check is skipped.`,
	Sources: []string{
		"https://kubernetes.io/docs/tasks/debug/debug-application/debug-running-pod/",
		"https://learn.microsoft.com/entra/identity-platform/reference-error-codes",
	},
	After: []*check.Check{PodsRun},
	Needs: provided(facts.Consumers, facts.ConsumerLogs),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, _, ok, err := consumers(p)
		if !ok {
			return nil, err
		}
		logs, err := facts.ConsumerLogs.Get(p)
		if facts.IsNotHeld(err) {
			p.Skip("%v", err)
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		unread := ""
		var found []check.Finding
		for _, name := range slices.Sorted(maps.Keys(logs)) {
			t := logs[name]
			if t.Error != "" && unread == "" {
				unread = t.Error
			}
			line, meaning := tellingLine(t, errtext.Identity, errtext.KeyVault, errtext.DataService, errtext.Proxied)
			if line == "" || t.Previous { // of one that exited, PodsRun tells
				continue
			}
			found = append(found, check.Finding{
				Severity: check.Warning, Target: check.Ref{Kind: "pod", Namespace: s.Namespace, Name: t.Pod},
				Summary:  fmt.Sprintf("the log of container %s in pod %s tells an error of the connection: %s", t.Container, t.Pod, line),
				Cause:    meaning,
				Evidence: []check.Evidence{{Source: t.Command(s.Namespace), Lines: t.Lines}},
				Fixes:    []check.Fix{fix("read its whole log", t.Command(s.Namespace))},
			})
		}
		if len(found) == 0 && unread != "" {
			p.Skip("the logs of the pods were not read: %s", unread)
		}
		return found, nil
	},
}

// tellingLine returns the last line of the log that is an error of one of the classes, shortened, and what it means. Without classes, any
// error that is known counts.
func tellingLine(t facts.LogTail, classes ...errtext.Class) (line, meaning string) {
	for _, l := range slices.Backward(t.Lines) {
		e := errtext.Explain(l)
		if e.Known() && e.Class != errtext.Harmless && (len(classes) == 0 || slices.Contains(classes, e.Class)) {
			meaning = e.Clause()
			if len(e.Causes) > 0 {
				meaning += ": " + strings.Join(e.Causes[:min(len(e.Causes), 2)], ", or ")
			}
			return shortened(l), meaning
		}
	}
	return "", ""
}

// shortened returns at most 240 characters of the line.
func shortened(line string) string {
	if r := []rune(line); len(r) > 240 {
		return string(r[:240]) + "..."
	}
	return line
}

// sayLog adds to the cause of a finding on the pod what the log of its container tells that exited; its last line, if none is known.
func sayLog(p *check.Pass, namespace, pod string, f *check.Finding) {
	logs, err := facts.ConsumerLogs.Get(p)
	if err != nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(logs)) {
		t := logs[name]
		if t.Pod != pod || len(t.Lines) == 0 {
			continue
		}
		line, meaning := tellingLine(t)
		if name := lackedVariable(p, line); name != "" {
			f.Cause = fmt.Sprintf("the app asks for the variable %s, which is not among the keys of the Secret: the connection was created for "+
				"another client type (--client-type), or with keys of other names; the log of container %s: %s", name, t.Container, line)
		} else if line == "" {
			f.Cause += "; its log ends: " + shortened(t.Lines[len(t.Lines)-1])
		} else {
			f.Cause = fmt.Sprintf("%s; the log of container %s: %s", meaning, t.Container, line)
		}
		f.Evidence = append(f.Evidence, check.Evidence{Source: t.Command(namespace), Lines: t.Lines})
		return
	}
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

// sayAgentLog puts before the cause of a finding what the logs of the extension agents tell, if they tell an error that is known.
func sayAgentLog(p *check.Pass, f *check.Finding) {
	logs, err := facts.AgentLogs.Get(p)
	if err != nil {
		return // the cause is only less certain
	}
	for _, t := range logs {
		if line, meaning := tellingLine(t); line != "" {
			f.Cause = fmt.Sprintf("%s, by the log of pod %s: %s; %s", meaning, t.Pod, line, f.Cause)
			f.Evidence = append(f.Evidence, check.Evidence{Source: t.Command(system), Lines: t.Lines})
			return
		}
	}
}
