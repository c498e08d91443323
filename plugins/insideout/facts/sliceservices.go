package facts

import (
	"context"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/fact"
)

// maxSliceServices bounds how many addresses are looked up.
const maxSliceServices = 3

// SliceServices are the Services whose ClusterIPs stand in the EndpointSlices of a Service without selector, by address. kube-proxy
// translates a connection once, so such an endpoint cannot work. It is read only where the ClusterIP of such a Service fails.
var SliceServices = &Fact[map[string]check.Ref]{
	Name:   "slice-services",
	Needs:  []check.Need{Service, Slices},
	Access: []rbacv1.PolicyRule{fact.Rule("", "services", "list")},
	Gather: func(ctx context.Context, e *Env) (map[string]check.Ref, []check.Evidence, error) {
		found := map[string]check.Ref{}
		s, err := Service.From(ctx, e)
		if err != nil || len(s.Selector) > 0 {
			return found, nil, err
		}
		slices, err := Slices.From(ctx, e)
		if err != nil {
			return found, nil, err
		}
		var seen []check.Evidence
		tried := map[string]bool{}
		for _, port := range s.Ports {
			for _, a := range endpoints.Addresses(port, slices) {
				if tried[a.Host] || len(tried) == maxSliceServices {
					continue
				}
				tried[a.Host] = true
				selector := fields.OneTermEqualSelector("spec.clusterIP", a.Host).String()
				list, err := e.Clients.CoreV1().Services(metav1.NamespaceAll).List(ctx, metav1.ListOptions{FieldSelector: selector, Limit: 1})
				if err != nil {
					return found, seen, err
				}
				seen = append(seen, check.Evidence{Source: cmdline.Kubectl("get", "services", "-A", "--field-selector", selector)})
				for _, owner := range list.Items {
					found[a.Host] = check.Ref{Kind: "service", Namespace: owner.Namespace, Name: owner.Name}
				}
			}
		}
		return found, seen, nil
	},
}
