package checks

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// LogsShowNoError finds pods that run and whose logs show that they cannot use the connection.
var LogsShowNoError = &check.Check{
	Code: "CON0902",
	Name: "logs-show-no-error",
	Hop:  hopPods,
	Doc: `the logs of the pods that use the connection show no error of it

An app can run and still not sign in, or not reach its service. The last three lines of the last ten minutes are read, of one pod of each
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
		read, unread, why := 0, 0, "no container that uses the connection runs"
		var found []check.Finding
		for _, name := range slices.Sorted(maps.Keys(logs)) {
			t := logs[name]
			if t.Omitted {
				t.Error = "the bundle is to hold no lines of logs (--with-logs)"
			}
			switch {
			case t.Exited: // of these, PodsRun tells
			case t.Error != "":
				unread, why = unread+1, t.Error
			default:
				read++
				if f, ok := loggedError(t, s.Namespace); ok {
					found = append(found, f)
				}
			}
		}
		switch {
		case len(found) > 0:
		case read == 0:
			p.Skip("no log was read: %s", why)
		case unread > 0:
			p.Skip("of %s, %d show no error; the others were not read: %s", counted(read+unread, "log"), read, why)
		}
		return found, nil
	},
}

// lastLines is how many lines at the end of a log may be an error: what an app has logged since then shows that it went on.
const lastLines = 3

// ofConnection are the classes of errors that a connection can have.
var ofConnection = []errtext.Class{errtext.Identity, errtext.KeyVault, errtext.DataService, errtext.Proxied}

var (
	// hasToken matches lines by which libraries say that they have a token, perhaps by another credential of a chain.
	hasToken = regexp.MustCompile(`(?i)\b(returns a|acquired an?( access)?|retrieved an?( access)?|got an?( access)?) token\b`)
	// connectedAgain matches lines by which libraries say that a lost connection is back.
	connectedAgain = regexp.MustCompile(`(?i)\breconnected\b|\bconnection (was )?re-?(established|stored)\b`)
	negated        = regexp.MustCompile(`(?i)\b(not?|never|cannot|fail(s|ed)?|unable|without)\b|n't\b`)
)

// settled reports whether the lines after an error of the class show that it is over, and no other error of a connection.
func settled(class errtext.Class, later []string) bool {
	if line, _ := tellingLine(later, ofConnection...); line != "" {
		return false
	}
	works := connectedAgain
	if class == errtext.Identity {
		works = hasToken
	}
	return slices.ContainsFunc(later, func(l string) bool { return works.MatchString(l) && !negated.MatchString(l) })
}

// loggedError is the finding on a container that runs, if the end of its log is an error that the connection can have.
func loggedError(t facts.LogTail, namespace string) (check.Finding, bool) {
	t.Lines = t.Lines[max(len(t.Lines)-lastLines, 0):]
	line, e := tellingLine(t.Lines, ofConnection...)
	after := len(t.Lines) // the line may be there twice
	for after > 0 && t.Lines[after-1] != line {
		after--
	}
	if line == "" || e.Tunnel == errtext.Maybe || settled(e.Class, t.Lines[after:]) {
		return check.Finding{}, false
	}
	return check.Finding{
		Severity: check.Warning, Target: check.Ref{Kind: "pod", Namespace: namespace, Name: t.Pod},
		Summary:  fmt.Sprintf("container %s in pod %s logs an error that may be of the connection: %s", t.Container, t.Pod, shortened(line)),
		Cause:    withCauses(e),
		Evidence: []check.Evidence{{Source: t.Command(namespace), Lines: []string{line}}},
		Fixes:    append(helping(e), fix("read the whole log", t.Command(namespace))),
	}, true
}
