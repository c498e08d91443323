package checks

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// TargetAcceptsSignIn finds a target that refuses the connection's way to sign in.
var TargetAcceptsSignIn = &check.Check{
	Code: "CON0705",
	Name: "target-accepts-sign-in",
	Hop:  hopTarget,
	Doc: `the target accepts the connection's way to sign in: keys and passwords, or tokens of Entra ID

Often a policy of the subscription disables keys after the connection was created, such as shared keys of storage accounts. A server of
PostgreSQL accepts tokens only if Entra ID is enabled there. Users inside of databases are not read.`,
	Sources: []string{
		"https://learn.microsoft.com/azure/storage/common/shared-key-authorization-prevent",
		"https://learn.microsoft.com/azure/postgresql/flexible-server/how-to-configure-sign-in-azure-ad-authentication",
	},
	After: []*check.Check{TargetExists},
	Needs: ofAzure(facts.AzureTarget),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		l, t, ok, err := atTarget(p)
		if !ok {
			return nil, err
		}
		name, kind := nameOf(t.Target.ID), strings.ToLower(l.here[0].AuthType)
		byKey := kind == "secret" || kind == "accesskey"
		accepted := t.Target.SignIn.Entra
		if byKey {
			accepted = t.Target.SignIn.Keys
		}
		switch {
		case l.here[0].CSI || kind == "":
			p.Skip("the connection does not say how pods sign in to the target")
			return nil, nil
		case accepted == nil:
			p.Skip("the properties of %s do not tell, or the bundle is of an earlier version", t.Target.Type)
			return nil, nil
		case accepted.Allow == "":
			return nil, nil
		}
		f := check.Finding{Severity: check.Error, Target: l.ref()}
		if byKey {
			f.Summary = fmt.Sprintf("%s does not allow access keys and passwords, by which connection %s signs in", name, l.Name)
			f.Cause = "somebody, or a policy of the subscription, disabled them; only sign-in by Entra ID is accepted"
			f.Fixes = []check.Fix{
				fix("create the connection again with --workload-identity", cmdline.Az("aks", "connection", "create", "--help")),
				accept(t, accepted.Allow, "whoever has a key or password of "+name+" can use it"),
			}
		} else {
			f.Summary = fmt.Sprintf("sign-in by Entra ID is disabled at %s, and connection %s signs in by an identity", name, l.Name)
			f.Cause = "the server accepts passwords only"
			f.Fixes = []check.Fix{accept(t, accepted.Allow, "")}
		}
		return []check.Finding{f}, nil
	},
}

// accept is the fix that sets the property of the target.
func accept(t facts.TargetInAzure, property, weakens string) check.Fix {
	f := fix("let the target accept it", cmdline.Az("resource", "update", "--ids", t.Target.ID, "--set", "properties."+property))
	f.Weakens = weakens
	return f
}
