package facts

import (
	"testing"

	"github.com/akstools/akstools/internal/netpolicy"
)

// Both ends decide: a connection is allowed only if the policies of the pod and those of the client allow it.
func TestPolicyVerdictAllows(t *testing.T) {
	none := netpolicy.Verdict{}
	denies := netpolicy.Verdict{Policies: []string{"deny"}}
	part := netpolicy.Verdict{Policies: []string{"p"}, Rules: []netpolicy.Rule{{MatchesPeer: true}, {MatchesPort: true}}}
	allows := netpolicy.Verdict{Policies: []string{"deny", "p"}, Rules: []netpolicy.Rule{{}, {MatchesPeer: true, MatchesPort: true}}}
	for name, c := range map[string]struct {
		in, out netpolicy.Verdict
		want    bool
	}{
		"no policies":                          {none, none, true},
		"ingress is denied":                    {denies, none, false},
		"egress is denied":                     {none, denies, false},
		"both are denied":                      {denies, denies, false},
		"both are allowed by rules":            {allows, allows, true},
		"ingress is allowed, egress is denied": {allows, denies, false},
		"the peer by one rule, port by other":  {part, none, false},
	} {
		if got := (PolicyVerdict{In: c.in, Out: c.out}).Allows(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
