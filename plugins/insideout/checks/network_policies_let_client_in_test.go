package checks

import (
	"encoding/json"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// TestDeniedTellsServicePorts: a rule for the Service's port instead of the pod's is recognised, also from a bundle and
// without its texts.
func TestDeniedTellsServicePorts(t *testing.T) {
	s := facts.ServiceInfo{Namespace: "shop", Name: "web", Ports: []endpoints.Port{{Number: 80, Protocol: "TCP", TargetPort: "8080"}}}
	port := netpolicy.Port{Protocol: "TCP", Number: 8080}
	pod := netpolicy.End{Namespace: "shop"}
	for number, want := range map[int32]bool{80: true, 81: false} {
		policy := &networkingv1.NetworkPolicy{}
		policy.Namespace, policy.Name = "shop", "some"
		on := intstr.FromInt32(number)
		policy.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{Ports: []networkingv1.NetworkPolicyPort{{Port: &on}}}}
		way := facts.PolicyVerdict{In: netpolicy.Evaluate([]*networkingv1.NetworkPolicy{policy}, netpolicy.Ingress, pod, pod, port)}
		way.In.Rules[0].PortsText = ""
		bundled, err := json.Marshal(way)
		if err != nil {
			t.Fatal(err)
		}
		var again facts.PolicyVerdict
		if err := json.Unmarshal(bundled, &again); err != nil {
			t.Fatal(err)
		}
		f := denial(s, facts.PolicyResults{Namespace: "shop"}, facts.PolicyResult{Pod: "web-1", Port: port}, again)
		if got := strings.Contains(f.Cause, "not the Service's"); got != want {
			t.Errorf("port %d: %s", number, f.Cause)
		}
	}
}
