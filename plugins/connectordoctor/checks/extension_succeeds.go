package checks

import (
	"cmp"
	"fmt"
	"sync"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// ExtensionSucceeds finds an extension whose last operation failed, as the agents report it.
var ExtensionSucceeds = &check.Check{
	Code: "CON0207",
	Name: "extension-succeeds",
	Hop:  hopJob,
	Doc: `the agents report that the extension of Service Connector was installed

The message of the ExtensionConfig holds Helm's error, also where nothing else in the cluster shows it: a chart that could not be
downloaded or rendered, or an object that exists already.`,
	Sources: []string{docTrouble, docExtension},
	After:   []*check.Check{ReleaseIsDeployed},
	Needs:   provided(facts.ExtensionConfigs),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		list, err := facts.ExtensionConfigs.Get(p)
		if err != nil {
			return nil, err
		}
		if len(list.Items) == 0 {
			p.Skip("no ExtensionConfig is about Service Connector")
			return nil, nil
		}
		worst := sync.OnceValue(func() check.Severity { return severity(p) })
		var found []check.Finding
		for _, c := range list.Items {
			if !c.Failed() {
				continue
			}
			found = append(found, check.Finding{
				Severity: worst(), Target: check.Ref{Kind: "extensionconfig", Namespace: system, Name: c.Name},
				Summary: fmt.Sprintf("ExtensionConfig kube-system/%s reports a failure: %s", c.Name, cmp.Or(c.Message, c.Status)),
				Cause:   meaning(cmp.Or(c.Message, c.Status)), Fixes: []check.Fix{showExtension()},
			})
		}
		return found, nil
	},
}
