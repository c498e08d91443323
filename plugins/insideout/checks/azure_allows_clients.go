package checks

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/nsg"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// AzureAllowsClients finds the rules of network security groups that deny this client the load balancer.
var AzureAllowsClients = &check.Check{
	Code: "INS0605",
	Name: "azure-allows-clients",
	Hop:  hopLoadBalancer,
	Doc: `network security groups allow this client's connections to the load balancer

The groups of the nodes' subnet and NICs decide on connections through the load balancer: with the client's address as the source
and, with a floating IP, the load balancer's address as the destination. The cloud provider writes a rule into the group on the
NICs only. Unless --azure=off, the groups are read and evaluated if connections from here fail.`,
	Sources: []string{
		"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/custom-nsg-blocks-traffic",
		"https://cloud-provider-azure.sigs.k8s.io/topics/loadbalancer/",
	},
	After:    []*check.Check{AzureHasLoadBalancerRules, AzureProbesReachNodes},
	Explains: true,
	Needs:    azureNeeds,
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, info, ok, err := azureBalancer(p)
		if err != nil || !ok {
			return nil, err
		}
		if why := outsideNetwork(s, info); why != "" {
			p.Skip("%s", why)
			return nil, nil
		}
		here, err := facts.FromHere.Get(p)
		if err != nil {
			return nil, err
		}
		all, err := info.Entries(s)
		unknown := []error{err}
		var fs []check.Finding
		for _, e := range failing(all, here) {
			flow := func(n facts.BalancedNode) topology.Flow { return flowTo(e, info.Client, n) }
			f, v, err := deniedNodes(info, flow, clientText(info), allowClients(e))
			unknown = append(unknown, unknownClient(info, err))
			if f == nil {
				continue
			}
			if allFail(here, e) { // where only some nodes deny, too: a client that reaches nothing is no warning
				f.Severity = check.Error
			}
			explainDenial(s, *v, e, f)
			fs = append(fs, *f)
		}
		return unlessFound(fs, check.Warning, check.Distinct(unknown))
	},
}

// failing returns those entries, of ports with rules, to which connections from here fail.
func failing(all []facts.Entry, here facts.ClientAnswers) []facts.Entry {
	return slices.DeleteFunc(slices.Clone(all), func(e facts.Entry) bool {
		return e.Rule == nil || !slices.ContainsFunc(here.Failed(), func(a facts.ClientAnswer) bool {
			at, err := netip.ParseAddr(a.Address)
			return err == nil && at == e.Address && a.Port == e.Port.Port && e.Port.Protocol == "TCP"
		})
	})
}

// allFail reports whether all connections from here to the entry fail.
func allFail(here facts.ClientAnswers, e facts.Entry) bool {
	return slices.ContainsFunc(here.Items, func(a facts.ClientAnswer) bool {
		at, err := netip.ParseAddr(a.Address)
		return err == nil && at == e.Address && a.Port == e.Port.Port && !slices.Contains(a.Outcomes, endpoints.Connected)
	})
}

// outsideNetwork says that an internal load balancer is asked from outside of its network, where nothing can be evaluated; empty: it is
// not.
func outsideNetwork(s facts.ServiceInfo, info facts.BalancerInfo) string {
	if !s.LoadBalancer.Internal || !info.Client.IsValid() {
		return ""
	}
	for _, n := range info.Networks {
		for _, p := range slices.Concat(n.Prefixes, n.Peers) {
			if p.Contains(info.Client) {
				return ""
			}
		}
		if n.Gateway {
			return "" // the client may come by it
		}
	}
	return fmt.Sprintf("the load balancer is internal, and this client (%s) is in none of its networks", info.Client)
}

// clientText names this client.
func clientText(info facts.BalancerInfo) string {
	switch {
	case !info.Client.IsValid():
		return "a client at any address"
	case info.SignedIn:
		return fmt.Sprintf("this client (%s, from which you signed in to Azure)", info.Client)
	}
	return fmt.Sprintf("this client (%s)", info.Client)
}

// unknownClient returns err with why this client's address is unknown, if it is.
func unknownClient(info facts.BalancerInfo, err error) error {
	if err == nil || info.ClientError == "" {
		return err
	}
	return fmt.Errorf("%w; %s", err, info.ClientError)
}

// allowClients is what a rule must allow for the port's clients.
func allowClients(e facts.Entry) topology.Allowance {
	a := topology.Allowance{
		Title: "allow clients to connect to this port before this rule", Name: "allow-" + strconv.Itoa(int(e.Port.Port)),
		Ports: strconv.Itoa(int(e.Port.Port)), Why: "it allows the Service's clients, which the rule denies", From: []string{"Internet"},
	}
	if e.Frontend.PublicID == "" {
		a.From = []string{"VirtualNetwork"}
	}
	if e.Rule.FloatingIP {
		a.To = []string{e.Address.String()}
	} else {
		a.Ports = strconv.Itoa(e.Rule.BackendPort)
	}
	return a
}

// The names of the rules that the cloud provider writes
// (https://github.com/kubernetes-sigs/cloud-provider-azure/blob/v1.36.5/pkg/provider/securitygroup/securitygroup.go).
const (
	managedRules = "k8s-azure-lb_"
	denyAllRule  = managedRules + "deny-all"
)

// explainDenial says why the verdict denies the flow, where it is a rule of the cloud provider, or the lack of one, that does.
func explainDenial(s facts.ServiceInfo, v topology.Verdict, e facts.Entry, f *check.Finding) {
	if !v.Managed() {
		return
	}
	lb := s.LoadBalancer
	edit := cmdline.Kubectl("edit", "service", s.Name, "-n", s.Namespace)
	own := v.Rule.Priority >= 65000 || strings.HasPrefix(strings.ToLower(v.Rule.Name), denyAllRule)
	switch invalid := lb.InvalidSources(); {
	case !own:
	case len(invalid) > 0:
		f.Cause = fmt.Sprintf("the Service's source ranges have %s, which is no address range: the cloud provider then allows no client at all",
			strings.Join(invalid, ", "))
		f.Fixes = []check.Fix{fix("correct the source ranges of the Service", edit)}
	case len(lb.Sources) > 0 && allowance(v, e) != nil:
		f.Cause = fmt.Sprintf("the Service allows only %s", strings.Join(lb.Sources, ", "))
		f.Fixes = []check.Fix{weakening(fix("allow the client's address in loadBalancerSourceRanges or the annotations azure-allowed-*", edit),
			"for that address")}
	case allowance(v, e) != nil:
		f.Cause = fmt.Sprintf("rule %s, by which the cloud provider allows the Service's clients, allows only %s, and the Service has no source "+
			"ranges: somebody changed the rule", allowance(v, e).Name, strings.Join(allowance(v, e).Sources, ", "))
		f.Fixes = []check.Fix{reconcile(s)}
	default:
		f.Cause = fmt.Sprintf("the cloud provider's rule for the Service's clients is missing from group %s: it was removed, or never written",
			topology.NameOf(v.Group))
		f.Fixes = []check.Fix{reconcile(s)}
	}
}

// allowance returns the rule of the cloud provider in the deciding group that allows somebody to connect to the port; nil: there is none.
func allowance(v topology.Verdict, e facts.Entry) *nsg.Rule {
	rules := v.Rules()
	i := slices.IndexFunc(rules, func(r nsg.Rule) bool {
		return strings.HasPrefix(strings.ToLower(r.Name), managedRules) && strings.EqualFold(r.Access, string(nsg.Allow)) &&
			slices.Contains(r.Destinations, e.Address.String())
	})
	if i < 0 {
		return nil
	}
	return &rules[i]
}
