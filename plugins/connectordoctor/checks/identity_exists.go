package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// IdentityExists finds a connection whose identity was deleted.
var IdentityExists = &check.Check{
	Code: "CON0508",
	Name: "identity-exists",
	Hop:  hopIdentity,
	Doc: `the identity of a connection by workload identity exists

An identity that is created again under its name has another client ID: pods that sign in with the old one get AADSTS700016.`,
	Sources: []string{"https://learn.microsoft.com/entra/identity-platform/reference-error-codes", docIdentity},
	Needs:   ofAzure(facts.AzureIdentity),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		l, ok, err := known(p)
		if !ok {
			return nil, err
		}
		i, err := facts.AzureIdentity.Get(p)
		if ok, err := read(p, i.Off, err); !ok || i.Identity != nil {
			return nil, err
		}
		return []check.Finding{{
			Severity: check.Error, Target: l.ref(),
			Summary: fmt.Sprintf("no user-assigned identity has client ID %s of connection %s", i.Client, l.Name),
			Cause:   "it was deleted, perhaps created again with another client ID; pods get AADSTS700016",
			Fixes: []check.Fix{
				fix("see the identities of the subscription; connect again with one that exists",
					cmdline.Az("identity", "list", "--subscription", i.Subscription)),
			},
		}}, nil
	},
}
