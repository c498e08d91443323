package onward

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/facts"
	"github.com/akstools/akstools/internal/netpolicy"
)

// PoliciesLetPodOut judges the NetworkPolicies at both ends.
var PoliciesLetPodOut = &check.Check{
	Code: "INS1003",
	Name: "policies-let-pod-out",
	Hop:  hopPolicy,
	Doc: `NetworkPolicies let the pod connect to the destination

Those that select the pod for what goes out, and those that select the destination's pod for what comes in. A Service's address is
judged by a pod behind it, which is what policies see. What policies of Calico and Cilium add is not known here.
Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/`,
	After: []*check.Check{NameResolves},
	Needs: []check.Need{facts.Origin, facts.OnwardPolicies},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		o, err := facts.Origin.Get(p)
		if err != nil {
			return nil, err
		}
		way, err := facts.OnwardPolicies.Get(p)
		if err != nil {
			return nil, err
		}
		if !way.Known {
			return nil, fmt.Errorf("the address of %s is not known", o.To.Host)
		}
		to := fmt.Sprintf("%s port %s", way.Address, way.Port)
		if way.To != nil {
			to = fmt.Sprintf("pod %s of namespace %s, port %s", way.To.Name, way.To.Namespace, way.Port)
		}
		f := check.Finding{Severity: check.Error, Target: o.Ref()}
		switch {
		case !way.Pod.Out.Admits():
			f.Summary = fmt.Sprintf("NetworkPolicy %s selects pod %s and does not let it out to %s", strings.Join(way.Pod.Out.Policies, ", "), o.Pod.Name, to)
			f.Cause = nearest(way.Pod.Out)
			f.Fixes = []check.Fix{letOut(o.Namespace, way)}
		case !way.Pod.In.Admits():
			f.Summary = fmt.Sprintf("NetworkPolicy %s of namespace %s does not let pod %s in to %s", strings.Join(way.Pod.In.Policies, ", "), way.To.Namespace, o.Pod.Name, to)
			f.Cause = nearest(way.Pod.In)
			f.Fixes = []check.Fix{letIn(o.Namespace, way)}
		default:
			return nil, nil
		}
		return []check.Finding{f}, nil
	},
}

// nearest says which rule nearly fits.
func nearest(j netpolicy.Judgement) string {
	for _, r := range j.Rules {
		switch {
		case r.Fits && !r.Covers:
			return fmt.Sprintf("rule %d of %s is for the other end, on %s only", r.Index+1, r.Policy, r.On)
		case r.Covers && !r.Fits:
			return fmt.Sprintf("rule %d of %s is for the port, for %s only", r.Index+1, r.Policy, r.Far)
		}
	}
	return "what no rule names is denied"
}
