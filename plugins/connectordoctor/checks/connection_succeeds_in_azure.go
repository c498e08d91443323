package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
)

// ConnectionSucceedsInAzure finds a connection whose last operation failed or does not end.
var ConnectionSucceedsInAzure = &check.Check{
	Code:     "CON0209",
	Name:     "connection-succeeds-in-azure",
	Hop:      hopJob,
	Explains: true,
	Doc: `the last operation on the connection succeeded in Azure

It fails where the extension does, and where Azure refuses a part: a role assignment, a firewall rule of the target, an update of the
cluster. Azure keeps the reason in the activity log only.`,
	Sources: []string{docExtension, docTrouble},
	After:   []*check.Check{ExtensionSucceedsInAzure},
	Needs:   ofAzure(),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		l, ok, err := known(p)
		if !ok {
			return nil, err
		}
		a := l.here[0]
		since := l.list.At.Sub(a.Changed)
		log := fix("see the error", cmdline.Az("monitor", "activity-log", "list", "--resource-id", a.ID, "--status", "Failed", "--offset", "30d"))
		f := check.Finding{Target: l.ref()}
		switch {
		case a.Succeeded() || a.State == "":
			return nil, nil
		case a.Failed():
			f.Severity, f.Summary = severity(p), fmt.Sprintf("connection %s is %s in Azure", a.Name, a.State)
			f.Cause = "its last operation failed; the activity log has the reason"
			f.Fixes = []check.Fix{log, l.listInAzure("repeat the operation; see the connection")}
		case a.Changed.IsZero() || since <= operationTime:
			f.Severity, f.Summary = check.Info, fmt.Sprintf("connection %s is %s in Azure", a.Name, a.State)
			f.Cause = "an operation on it is in progress"
		default:
			f.Severity, f.Summary = severity(p), fmt.Sprintf("connection %s has been %s in Azure for %s", a.Name, a.State, age(since))
			f.Cause = "its operation does not end: the extension does not answer, or the operation was lost"
			f.Fixes = []check.Fix{log, l.listInAzure("delete the connection and create it again; see the connection")}
		}
		return []check.Finding{f}, nil
	},
}
