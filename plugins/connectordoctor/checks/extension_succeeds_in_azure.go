package checks

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// oldVersion is the version of the extension whose images are gone (https://github.com/Azure/AKS/issues/5276).
const oldVersion = "0.1.0"

// ExtensionSucceedsInAzure finds an extension whose last operation failed, as Azure reports it.
var ExtensionSucceedsInAzure = &check.Check{
	Code:     "CON0208",
	Name:     "extension-succeeds-in-azure",
	Hop:      hopJob,
	Explains: true,
	Doc: `the last operation on the extension of Service Connector succeeded in Azure

Each operation on a connection is an update of this one extension. After one failed, the extension stays Failed until another succeeds.
Azure has the error also where the agents have not reported it to the cluster.`,
	Sources: []string{docTrouble, "https://github.com/Azure/AKS/issues/5276"},
	After:   []*check.Check{ExtensionSucceeds},
	Needs:   ofAzure(facts.AzureExtension),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		l, ok, err := inAzure(p)
		if !ok {
			return nil, err
		}
		x, err := facts.AzureExtension.Get(p)
		if ok, err := read(p, x.Off, err); !ok {
			return nil, err
		}
		if x.Extension == nil {
			p.Skip("Azure has no extension %s", facts.ExtensionName)
			return nil, nil
		}
		e := x.Extension
		f := check.Finding{Target: check.Ref{Kind: "extension", Name: facts.ExtensionName}}
		switch {
		case strings.EqualFold(e.State, "Succeeded") || e.State == "":
			return nil, nil
		case !e.Failed():
			f.Severity = check.Info
			f.Summary = fmt.Sprintf("extension %s is %s in Azure", facts.ExtensionName, e.State)
			f.Cause = "an operation on it is in progress; further ones are refused until it is done"
			return []check.Finding{f}, nil
		}
		f.Severity = severity(p)
		f.Summary = fmt.Sprintf("extension %s is %s in Azure", facts.ExtensionName, e.State)
		f.Cause = "Azure gives no reason"
		if len(e.Errors) > 0 {
			f.Summary += ": " + innermost(e.Errors[0])
			f.Cause = meaning(innermost(e.Errors[0]))
		}
		if e.Version == oldVersion {
			f.Cause = "version " + oldVersion + " refers to images that no longer exist"
			f.Fixes = append(f.Fixes, fix("upgrade it, then repeat the operation on the connection",
				id.Extension(l.cluster.ID, "update", facts.ExtensionName, "--auto-upgrade-minor-version", "true")))
		}
		f.Fixes = append(f.Fixes, fix("see what Azure reports about the extension", id.Extension(l.cluster.ID, "show", facts.ExtensionName)))
		return []check.Finding{f}, nil
	},
}

// innermost returns what Helm says within Azure's envelope: what follows the last "InnerError [", without the brackets that enclose it
// (https://github.com/hashicorp/terraform-provider-azurerm/issues/24547).
func innermost(message string) string {
	i := strings.LastIndex(message, "InnerError [")
	if i < 0 {
		return message
	}
	inner, _, _ := strings.Cut(message[i+len("InnerError ["):], "]")
	if inner = strings.TrimSpace(inner); inner == "" {
		return message
	}
	return inner
}
