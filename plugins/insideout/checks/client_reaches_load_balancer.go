package checks

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/azurelb"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// ClientReachesLoadBalancer finds load balancers that this client cannot reach although the cluster can.
var ClientReachesLoadBalancer = &check.Check{
	Code: "INS0901",
	Name: "client-reaches-load-balancer",
	Hop:  hopClient,
	Doc: `this client reaches the load balancer's address

If everything before works but connections from here fail, something in between blocks them: source ranges of the Service, a
network security group, a firewall or a route of the client's network. An internal load balancer is reachable only from its
network.`,
	Sources: []string{
		"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/connection-issues-application-hosted-aks-cluster",
	},
	After: []*check.Check{
		LoadBalancerHasAddress, HealthProbesAreAnswered, AzureHasLoadBalancerRules, AzureProbesReachNodes, AzureAllowsClients, AzureRoutesReplies,
	},
	Needs: []check.Need{facts.Service, facts.FromHere},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, ok, err := loadBalanced(p)
		if err != nil || !ok {
			return nil, err
		}
		answers, ok, err := probed(p, facts.FromHere)
		if err != nil || !ok {
			return nil, err
		}
		if len(answers.Items) == 0 {
			p.Skip("only TCP ports can be tried")
			return nil, nil
		}
		var (
			fs      []check.Finding
			unknown error
		)
		for _, a := range answers.Items {
			bad := slices.DeleteFunc(slices.Clone(a.Outcomes), func(o string) bool { return o == endpoints.Connected })
			if len(bad) == 0 {
				continue
			}
			f := check.Finding{
				Severity: check.Error,
				Target:   check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name},
				Summary: fmt.Sprintf("load balancer %s port %d fails for %d of %d connections from this client: %s",
					a.Address, a.Port, len(bad), len(a.Outcomes), bad[0]),
			}
			otherFamily := func(b facts.ClientAnswer) bool { return b.From.IsValid() && ipFamily(a) != ipFamily(b) }
			if !a.From.IsValid() && slices.ContainsFunc(answers.Items, otherFamily) {
				f.Severity, f.Cause = check.Info, "this client has no route to addresses of that IP family"
				fs = append(fs, f)
				continue
			}
			if lb := s.LoadBalancer; len(lb.Sources) > 0 && !lb.Internal {
				if _, known := allowsSource(lb.Sources, a); !known {
					unknown = fmt.Errorf("%s; the load balancer allows only %s, and it is unknown as which address it sees this client",
						f.Summary, strings.Join(lb.Sources, ", "))
					continue
				}
			}
			f.Severity, f.Cause = externalCause(*s.LoadBalancer, a, bad[0])
			if len(bad) < len(a.Outcomes) && f.Severity == check.Error {
				f.Severity = check.Warning
			}
			if len(s.LoadBalancer.Sources) > 0 {
				f.Fixes = []check.Fix{fix("allow the client's address in loadBalancerSourceRanges or the annotations azure-allowed-*",
					cmdline.Kubectl("edit", "service", s.Name, "-n", s.Namespace))}
			}
			fs = append(fs, f)
		}
		return unlessFound(fs, check.Warning, unknown)
	},
}

// ipFamily returns 4 or 6.
func ipFamily(a facts.ClientAnswer) int {
	if ip, err := netip.ParseAddr(a.Address); err == nil && ip.Is6() {
		return 6
	}
	return 4
}

// externalCause says why connections from here fail although those inside the cluster work.
func externalCause(lb azurelb.LoadBalancer, a facts.ClientAnswer, outcome string) (check.Severity, string) {
	if allowed, known := allowsSource(lb.Sources, a); known && !allowed {
		return check.Error, fmt.Sprintf("the load balancer allows only %s, but this client's address is %s",
			strings.Join(lb.Sources, ", "), a.From)
	}
	switch {
	case lb.Internal:
		return check.Info, "the load balancer is internal, and this client may be outside its network: try from inside"
	case outcome == endpoints.Refused:
		return check.Error, "a node, or something in front of it, refuses the connection"
	}
	return check.Error, "a network security group, a firewall or a route between this client and the nodes drops the packets"
}

// allowsSource reports whether the sources hold this client's address. It is known only if both ends are private: an address
// may be translated on the way to a public one, and what a service tag holds is unknown.
func allowsSource(sources []string, a facts.ClientAnswer) (allowed, known bool) {
	to, err := netip.ParseAddr(a.Address)
	if err != nil || !a.From.IsValid() || !to.IsPrivate() || !a.From.IsPrivate() || len(sources) == 0 {
		return true, false
	}
	for _, s := range sources {
		prefix, err := netip.ParsePrefix(s)
		if err != nil {
			return true, false
		}
		if prefix.Contains(a.From) {
			return true, true
		}
	}
	return false, true
}
