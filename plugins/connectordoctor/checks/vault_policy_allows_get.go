package checks

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// VaultPolicyAllowsGet finds an identity that no access policy of the key vault lets read secrets.
var VaultPolicyAllowsGet = &check.Check{
	Code: "CON0704",
	Name: "vault-policy-allows-get",
	Hop:  hopTarget,
	Doc: `an access policy lets the identity of the connection read secrets, if the target is a key vault with access policies

A vault has either roles or access policies; those of the other kind do not count. A policy counts for one object ID of the vault's tenant.
Whether a policy of a group counts for the identity is not known: Azure does not say who belongs to it.`,
	Sources: []string{"https://learn.microsoft.com/azure/key-vault/general/assign-access-policy"},
	After:   []*check.Check{IdentityExists, TargetExists},
	Needs:   ofAzure(facts.AzureTarget, facts.AzureIdentity),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		l, t, ok, err := atTarget(p)
		if !ok {
			return nil, err
		}
		i, err := facts.AzureIdentity.Get(p)
		switch {
		case !t.Target.Policies:
			p.Skip("the target is no key vault with access policies")
			return nil, nil
		case err != nil:
			return nil, err
		case i.Identity == nil || t.NoRoles != "" && t.Access == nil:
			p.Skip("%s", cmp.Or(t.NoRoles, "pods do not sign in by an identity that exists"))
			return nil, nil
		case t.Access == nil:
			return nil, errors.New("the access policies were not read")
		case t.Access.Get:
			return nil, nil
		}
		vault, identity := nameOf(t.Target.ID), nameOf(i.Identity.ID)
		set := fix("let it read secrets", cmdline.Az("keyvault", "set-policy", "--subscription", subscriptionOf(t.Target.ID), "-n", vault,
			"--object-id", i.Identity.Principal, "--secret-permissions", "get", "list"))
		set.Weakens = "pods of the connection can read all secrets of " + vault
		f := check.Finding{
			Severity: check.Error, Target: l.ref(), Fixes: []check.Fix{set},
			Summary: fmt.Sprintf("no access policy of key vault %s is for the identity of connection %s, %s", vault, l.Name, identity),
			Cause:   "its policy was removed, or never created; the vault refuses its requests with 403",
		}
		if a := t.Access; a.Own {
			f.Summary = fmt.Sprintf("the access policy of key vault %s for the identity of connection %s, %s, does not include get for secrets",
				vault, l.Name, identity)
			f.Cause = "it allows nothing with secrets; the vault refuses its requests with 403"
			if len(a.Secrets) > 0 {
				f.Cause = fmt.Sprintf("it allows only %s; the vault refuses requests for secrets with 403", strings.Join(a.Secrets, ", "))
			}
		} else if a.Foreign {
			f.Cause = "its policy is of another tenant than the vault's, and does not count: the vault was moved to its tenant later"
		}
		if t.Access.Others > 0 {
			f.Severity = check.Warning
			f.Cause += fmt.Sprintf(", unless a group that it belongs to has one: get is allowed for %s", counted(t.Access.Others, "other object"))
		}
		return []check.Finding{f}, nil
	},
}
