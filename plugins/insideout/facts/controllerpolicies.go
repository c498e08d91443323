package facts

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/internal/podhealth"
)

// ControllerPolicyResult is what NetworkPolicies decide about connections from an Ingress's controller to a pod of the
// Service.
type ControllerPolicyResult struct {
	Address   string         `json:"address"` // of the Ingress
	Namespace string         `json:"namespace"`
	Pod       string         `json:"pod"`     // the controller's
	Service   string         `json:"service"` // portKey of the Service's port whose target is Port
	Port      netpolicy.Port `json:"port"`
	PolicyVerdict
	// ToController is the verdict on egress from the test pod to the controller.
	ToController netpolicy.Verdict `json:"entering"`
}

// For reports whether the connections are those of the port of the Service.
func (p ControllerPolicyResult) For(port endpoints.Port) bool { return p.Service == portKey(port) }

// portKey identifies a port of a Service. Bundles hold it, so its form must not change, whatever Port.String becomes.
func portKey(p endpoints.Port) string {
	key := fmt.Sprintf("%d/%s", p.Number, p.Protocol)
	if p.Name != "" {
		key = p.Name + " " + key
	}
	return key
}

// ControllerPolicies are read if a controller does not pass requests on. They are evaluated for one pod of each controller
// and, for each port, one pod of the Service.
var ControllerPolicies = &Fact[[]ControllerPolicyResult]{
	Name:  "controller-passages",
	Needs: []check.Need{Service, Pods, Controllers},
	Access: []rbacv1.PolicyRule{
		fact.Rule("networking.k8s.io", "networkpolicies", "list"), fact.Rule("", "pods", "get", "list"), fact.Rule("", "namespaces", "get"),
	},
	Gather: func(ctx context.Context, e *Env) ([]ControllerPolicyResult, []check.Evidence, error) {
		all := []ControllerPolicyResult{}
		s, err := Service.From(ctx, e)
		if err != nil {
			return all, nil, err
		}
		served, err := Controllers.From(ctx, e)
		if err != nil {
			return all, nil, err
		}
		pods, err := Pods.From(ctx, e)
		if err != nil {
			return all, nil, err
		}
		serving := pods.Serving(s)
		var seen []check.Evidence
		for _, ingressAddress := range served.Addresses {
			if ingressAddress.Service == nil || ingressAddress.Selector == "" || len(serving) == 0 {
				continue
			}
			policies, evidence, err := policiesIn(ctx, e, s.Namespace, ingressAddress.Service.Namespace)
			seen = append(seen, evidence...)
			if err != nil {
				return all, seen, err
			}
			v := evaluator{e: e, policies: policies}
			if err := v.load(ctx, s); err != nil {
				return all, seen, err
			}
			found, err := v.fromController(ctx, ingressAddress, s, serving[0])
			if err != nil {
				return all, seen, err
			}
			all = append(all, found...)
		}
		return all, seen, nil
	},
}

func (v *evaluator) fromController(
	ctx context.Context, ingressAddress IngressAddress, s ServiceInfo, to podhealth.Pod,
) ([]ControllerPolicyResult, error) {
	namespace := ingressAddress.Service.Namespace
	list, err := v.e.Clients.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: ingressAddress.Selector, Limit: 1})
	if err != nil || len(list.Items) == 0 {
		return nil, err
	}
	pod := &list.Items[0]
	controller, err := podEnd(ctx, v.e, pod)
	if err != nil {
		return nil, err
	}
	selecting := netpolicy.Selecting(v.policies, netpolicy.Egress, v.testPod)
	toController := netpolicy.Evaluate(selecting, netpolicy.Egress, v.testPod, controller, listenPort(pod))
	var all []ControllerPolicyResult
	for _, port := range s.Ports {
		n, ok := port.Target(to.Ports())
		if !ok || to.HostNetwork {
			continue
		}
		called := netpolicy.Port{Protocol: port.Protocol, Number: n}
		all = append(all, ControllerPolicyResult{
			Address: ingressAddress.Address, Namespace: namespace, Pod: pod.Name, Service: portKey(port), Port: called,
			PolicyVerdict: v.verdict(controller, v.serverEnd(to), called), ToController: toController,
		})
	}
	return all, nil
}

// listenPort is the port on which the controller's pod takes HTTP requests: the one named http or web, else 80.
func listenPort(p *corev1.Pod) netpolicy.Port {
	for _, c := range p.Spec.Containers {
		for _, port := range c.Ports {
			if slices.Contains([]string{"http", "web"}, port.Name) {
				return netpolicy.Port{Protocol: "TCP", Number: port.ContainerPort}
			}
		}
	}
	return netpolicy.Port{Protocol: "TCP", Number: 80}
}
