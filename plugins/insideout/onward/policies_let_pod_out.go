package onward

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// PoliciesLetPodOut evaluates the NetworkPolicies at both ends.
var PoliciesLetPodOut = &check.Check{
	Code: "INS1003",
	Name: "policies-let-pod-out",
	Hop:  hopPolicy,
	Doc: `NetworkPolicies allow the pod to connect to the destination

Policies that select the pod must allow the egress, and policies that select the destination's pod the ingress. Policies see
the pod behind a Service, not the Service's address. Policies of Calico and Cilium are not evaluated.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/services-networking/network-policies/"},
	After:   []*check.Check{NameResolves},
	Needs:   []check.Need{facts.Origin, facts.OnwardPolicies, facts.Onward},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		o, err := facts.Origin.Get(p)
		if err != nil {
			return nil, err
		}
		policies, err := facts.OnwardPolicies.Get(p)
		if err != nil {
			return nil, err
		}
		to := policies.Destination
		switch {
		case to.Address == "":
			return nil, fmt.Errorf("the address of %s is unknown", o.To.Host)
		case !to.HasBackend():
			p.Skip("the address has no backend on this port, as far as the cluster knows")
			return nil, nil
		}
		name := fmt.Sprintf("%s port %s", to.Address, to.Port)
		if to.Pod != nil {
			name = fmt.Sprintf("pod %s port %s", nameIn(o.Namespace, to.Pod.Namespace, to.Pod.Name), to.Port)
		}
		f := check.Finding{Severity: check.Error, Target: o.Ref()}
		switch {
		case !policies.Pod.Out.Allows():
			f.Summary = fmt.Sprintf("NetworkPolicy %s does not allow egress from pod %s to %s",
				strings.Join(policies.Pod.Out.Policies, ", "), o.Pod.Name, name)
			f.Cause = policies.Pod.Out.Closest()
			f.Fixes = []check.Fix{egressFix(o.Namespace, policies)}
		case !policies.Pod.In.Allows():
			f.Summary = fmt.Sprintf("NetworkPolicy %s does not allow ingress from pod %s to %s",
				nameIn(o.Namespace, to.Pod.Namespace, strings.Join(policies.Pod.In.Policies, ", ")), o.Pod.Name, name)
			f.Cause = policies.Pod.In.Closest()
			f.Fixes = []check.Fix{ingressFix(o, policies)}
		default:
			return nil, nil
		}
		a, err := facts.Onward.Get(p)
		if err != nil {
			return nil, fmt.Errorf("%s; whether that is enforced is unknown: %w", f.Summary, err)
		}
		denied := !policies.TestPod.Allows()
		return enforced(f, policies, denied && a.Connect == endpoints.TimedOut, denied && a.Connect == endpoints.Connected), nil
	},
}
