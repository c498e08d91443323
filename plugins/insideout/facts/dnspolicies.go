package facts

import (
	"context"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/netpolicy"
)

// DNSVerdict is what NetworkPolicies decide about egress from the pod to the cluster's DNS.
type DNSVerdict struct {
	Pod string `json:"pod,omitempty"` // empty: none was evaluated
	netpolicy.Verdict
}

// DNSPolicies is the verdict for the first pod that is not ready and asks the cluster's DNS. It is read only if a pod is not ready.
var DNSPolicies = &Fact[DNSVerdict]{
	Name:  "dns-policies",
	Needs: []check.Need{Service, Pods},
	Access: []rbacv1.PolicyRule{
		fact.Rule("networking.k8s.io", "networkpolicies", "list"), fact.Rule("", "pods", "get", "list"), fact.Rule("", "namespaces", "get"),
	},
	Gather: func(ctx context.Context, e *Env) (DNSVerdict, []check.Evidence, error) {
		var none DNSVerdict
		s, err := Service.From(ctx, e)
		if err != nil {
			return none, nil, err
		}
		pods, err := Pods.From(ctx, e)
		if err != nil {
			return none, nil, err
		}
		for _, p := range pods.Alive() {
			if p.Ready() || p.HostNetwork || len(p.NameServers) > 0 || p.IP == "" {
				continue
			}
			policies, seen, err := policiesIn(ctx, e, s.Namespace)
			if err != nil || len(policies) == 0 {
				return none, seen, err
			}
			raw, err := e.Clients.CoreV1().Pods(s.Namespace).Get(ctx, p.Name, metav1.GetOptions{})
			if err != nil {
				return none, seen, err
			}
			origin, err := podEnd(ctx, e, raw)
			if err != nil {
				return none, seen, err
			}
			selecting := netpolicy.Selecting(policies, netpolicy.Egress, origin)
			if len(selecting) == 0 {
				return none, seen, nil
			}
			dns, err := cluster.DNSEnd(ctx, e.Clients)
			if err != nil {
				return none, seen, err
			}
			return DNSVerdict{p.Name, netpolicy.Evaluate(selecting, netpolicy.Egress, origin, dns, netpolicy.DNSPort())}, seen, nil
		}
		return none, nil, nil
	},
}
