package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// ExtensionIsInAzure finds connections whose extension was deleted.
var ExtensionIsInAzure = &check.Check{
	Code:     "CON0606",
	Name:     "extension-is-in-azure",
	Hop:      hopAzure,
	Explains: true,
	Doc: `Azure has the extension of Service Connector, through which the connection is written to the cluster

The first connection installs sc-extension. Without it, nothing of Azure's connections reaches the cluster.`,
	Sources: []string{docExtension},
	Needs:   ofAzure(facts.AzureExtension),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		l, ok, err := known(p)
		if !ok {
			return nil, err
		}
		x, err := facts.AzureExtension.Get(p)
		if ok, err := read(p, x.Off, err); !ok {
			return nil, err
		}
		switch {
		case x.Unregistered:
			p.Skip("the subscription is not registered for extensions")
			return nil, nil
		case l.here[0].CSI:
			p.Skip("nothing is written to the cluster for a connection by the CSI driver")
			return nil, nil
		case x.Extension != nil:
			return nil, nil
		}
		return []check.Finding{{
			Severity: severity(p), Target: check.Ref{Kind: "extension", Name: facts.ExtensionName},
			Summary: fmt.Sprintf("extension %s does not exist in Azure, although connection %s does", facts.ExtensionName, l.Name),
			Cause:   "it was deleted, or its installation failed early; nothing of the connection reaches the cluster",
			Fixes:   []check.Fix{l.listInAzure("create a connection again, which installs the extension; see what the cluster has")},
		}}, nil
	},
}
