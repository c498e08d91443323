package checks

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// ReleaseIsDeployed finds a Helm release that failed, or whose operation was interrupted.
var ReleaseIsDeployed = &check.Check{
	Code: "CON0206",
	Name: "release-is-deployed",
	Hop:  hopJob,
	Doc: `the newest Helm release in sc-system is deployed

Helm keeps its state in Secrets, of which only labels are read. An operation that was interrupted leaves the release pending: each further
one is refused because another is in progress.`,
	Sources: []string{
		docTrouble, "https://github.com/helm/helm/blob/v3.22.0/pkg/storage/driver/secrets.go",
	},
	After: []*check.Check{JobSucceeds},
	Needs: provided(facts.Release, facts.SystemNamespace),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		ns, err := facts.SystemNamespace.Get(p)
		if err != nil {
			return nil, err
		}
		if !ns.Exists {
			p.Skip("namespace %s does not exist", facts.System)
			return nil, nil
		}
		r, err := facts.Release.Get(p)
		switch {
		case err != nil && exists(p):
			p.Skip("the Helm release was not read: %s", err)
			return nil, nil
		case err != nil:
			return nil, err
		case r.Name == "":
			p.Skip("namespace %s has no Helm release", facts.System)
			return nil, nil
		}
		f := check.Finding{Severity: severity(p), Target: check.Ref{Kind: "secret", Namespace: facts.System, Name: r.Secret}}
		release := fmt.Sprintf("Helm release %s/%s, revision %d,", facts.System, r.Name, r.Version)
		since := r.At.Sub(r.Changed)
		switch {
		case r.Status == "deployed" || r.Status == "superseded" || r.Status == "uninstalled":
			return nil, nil
		case r.Status == "failed":
			f.Summary, f.Cause = release+" failed", "the last operation of the extension failed; what it waited for, the checks before do not find"
			f.Fixes = []check.Fix{showExtension()}
		case !inProgress(r.Status):
			return nil, fmt.Errorf("%s has the status %q, which is not known", release, r.Status)
		case since <= operationTime:
			f.Severity, f.Summary, f.Cause = check.Info, release+" is "+r.Status, "an operation of the extension is in progress"
		default:
			f.Summary = fmt.Sprintf("%s has been %s for %s: its operation was interrupted", release, r.Status, age(since))
			f.Cause = "extension-operator was stopped while Helm was working; Helm refuses further operations as long as this one seems in progress"
			remove := fix("remove the record of the interrupted operation, then repeat the operation on the connection",
				cmdline.Kubectl("delete", "secret", r.Secret, "-n", facts.System))
			f.Fixes = []check.Fix{remove}
		}
		return []check.Finding{f}, nil
	},
}

// inProgress reports whether the status of a Helm release is one of an operation that has not finished
// (https://github.com/helm/helm/blob/v3.22.0/pkg/release/status.go).
func inProgress(status string) bool {
	return strings.HasPrefix(status, "pending-") || status == "uninstalling"
}
