package checks

import (
	"fmt"
	"slices"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// provisioningGrace is how long the creation of a load balancer may take. Azure's takes about a minute.
const provisioningGrace = 3 * time.Minute

// LoadBalancerHasAddress finds Services of type LoadBalancer that stay pending.
var LoadBalancerHasAddress = &check.Check{
	Code: "INS0601",
	Name: "load-balancer-has-address",
	Hop:  hopLoadBalancer,
	Doc: `the load balancer has an address

The cloud controller creates the load balancer and writes its address into the Service's status. If that fails, it retries,
and reports each failure in the Service's events.`,
	Sources: []string{"https://learn.microsoft.com/azure/aks/load-balancer-standard"},
	After:   []*check.Check{ClusterIPAnswers},
	Needs:   []check.Need{facts.Service, facts.Pods, facts.ServiceEvents},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, ok, err := loadBalanced(p)
		if err != nil || !ok || len(s.LoadBalancer.Addresses) > 0 {
			return nil, err
		}
		f := check.Finding{
			Severity: check.Error,
			Target:   check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name},
			Summary:  fmt.Sprintf("Service %s of type LoadBalancer has no address", s.Name),
			Fixes: []check.Fix{fix("show the Service's events",
				cmdline.Kubectl("get", "events", "-n", s.Namespace, "--field-selector", "involvedObject.kind=Service,involvedObject.name="+s.Name),
			)},
		}
		events, err := facts.ServiceEvents.Get(p)
		if err != nil {
			f.Cause = "the reason is unknown: " + err.Error()
			return []check.Finding{f}, nil
		}
		all := slices.DeleteFunc(slices.Clone(events["service/"+s.Name]), repaired)
		if len(all) > 0 {
			last := all[len(all)-1]
			f.Cause = fmt.Sprintf("%s: %s", last.Reason, last.Message)
			return []check.Finding{f}, nil
		}
		pods, err := facts.Pods.Get(p)
		if err == nil && !s.Created.IsZero() && pods.At.Sub(s.Created) < provisioningGrace {
			if s.LoadBalancer.Class != "" {
				return nil, fmt.Errorf("the Service is %s old and has no address: the controller of its loadBalancerClass %s has to give it one, "+
					"and none has reported on it; Azure's leaves Services with a class alone", ago(pods.At, s.Created), s.LoadBalancer.Class)
			}
			return nil, fmt.Errorf("the Service is %s old and has neither an address nor a warning event yet: try again", ago(pods.At, s.Created))
		}
		f.Cause = "the Service has no warning events: no load balancer controller seems to be running in this cluster"
		if s.LoadBalancer.Class != "" {
			f.Cause = fmt.Sprintf("the Service has no warning events: no controller for loadBalancerClass %s seems to be running in this cluster",
				s.LoadBalancer.Class)
		}
		return []check.Finding{f}, nil
	},
}

// repaired reports whether the event is that of an API server which has just written down an allocation that it had not seen yet, such as
// where two of them run or a Service is new: the Service lacks nothing
// (https://github.com/kubernetes/kubernetes/blob/v1.37.1/pkg/registry/core/service/portallocator/controller/repair.go).
func repaired(e podhealth.Event) bool {
	return slices.Contains([]string{"ClusterIPNotAllocated", "PortNotAllocated", "IPAddressNotAllocated"}, e.Reason)
}

// loadBalanced returns the Service. ok is false if it has no load balancer: the check is then skipped.
func loadBalanced(p *check.Pass) (s facts.ServiceInfo, ok bool, err error) {
	s, err = facts.Service.Get(p)
	if err == nil && s.LoadBalancer == nil {
		p.Skip("the Service is not of type LoadBalancer")
		return s, false, nil
	}
	return s, err == nil, err
}
