package checks

import (
	"cmp"
	"fmt"
	"net/netip"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// TargetAdmitsClient finds targets whose firewall refuses the cluster, by what they say themselves.
var TargetAdmitsClient = &check.Check{
	Code: "CON0804",
	Name: "target-admits-client",
	Hop:  hopTrial,
	Doc: `the target's firewall allows connections from the connection's namespace

The target's own answer tells, and often the address from which it sees the cluster. Key Vault and Azure SQL look at their firewall only
after the sign-in: CON0703 compares their rules.`,
	Sources: []string{
		"https://learn.microsoft.com/azure/postgresql/flexible-server/security-firewall-rules",
		"https://learn.microsoft.com/azure/mysql/flexible-server/concepts-networking-public",
		"https://learn.microsoft.com/azure/cosmos-db/nosql/troubleshoot-forbidden",
		"https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes",
	},
	After: []*check.Check{TargetAnswers},
	Needs: []check.Need{facts.TargetAddress, facts.TargetAnswer, facts.AzureTarget},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		at, a, ok, err := answered(p)
		if !ok {
			return nil, err
		}
		if a.Connect != endpoints.Connected {
			p.Skip("there was no connection")
			return nil, nil
		}
		switch a.Answer.Admission {
		case facts.Refused:
			f := check.Finding{
				Severity: check.Error,
				Summary: fmt.Sprintf("%s does not accept connections from the cluster's address%s", at.Host,
					prefixed(" ", a.Answer.Client)),
				Cause: "the target's firewall does not allow it" + prefixed("; it says: ", a.Answer.Says),
			}
			if t, err := facts.AzureTarget.Get(p); err == nil && t.Target.Endpoint.Host == at.Host { // --to may name another
				f.Fixes = allowClient(t.Target, a.Answer.Client)
			}
			return []check.Finding{f}, nil
		case facts.Unclear:
			switch {
			case a.Answer.Says != "":
				return []check.Finding{{
					Severity: check.Warning,
					Summary:  fmt.Sprintf("%s answers with an error: %s", at.Host, a.Answer.Says),
					Cause: "the target itself has a problem or does not allow the client, or a proxy or firewall on the way answers; CON0703 compares " +
						"the rules of its firewall",
				}}, nil
			case a.Service == facts.KeyVault:
				p.Skip("a key vault looks at its firewall after the sign-in; it sees the cluster as %s", cmp.Or(a.Answer.Client, "an unknown address"))
			default:
				p.Skip("such a target tells only after the sign-in whether its firewall allows the client")
			}
		}
		return nil, nil
	},
}

// allowClient is the fix that allows the address, if there is a command for it.
func allowClient(t facts.ResourceInAzure, client string) []check.Fix {
	ip, err := netip.ParseAddr(client)
	if err != nil || t.ID == "" {
		return nil
	}
	add := allowRange(t, netip.PrefixFrom(ip, ip.BitLen()))
	if add.IsZero() {
		return nil
	}
	f := fix("allow the address from which the target sees the cluster", add)
	f.Weakens = "whatever has this address can connect to " + nameOf(t.ID)
	return []check.Fix{f}
}

// prefixed returns the text after the prefix; nothing if it is empty.
func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}
