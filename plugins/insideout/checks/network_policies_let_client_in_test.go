package checks

import (
	"encoding/json"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/fact"
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

// TestAnswersThroughIngress: only a success that the Service's own pods must have given shows that its policies are meant.
func TestAnswersThroughIngress(t *testing.T) {
	good := facts.IngressAnswer{Answer: endpoints.Answer{Connect: endpoints.Connected, Status: 200}}
	good.Matches = true
	one := facts.ServiceInfo{Ports: []endpoints.Port{{Number: 80}}}
	for name, c := range map[string]struct {
		change func(*facts.IngressAnswer)
		ports  []endpoints.Port
		total  int
		want   bool
	}{
		"good":                   {total: 1, want: true},
		"a redirect":             {change: func(a *facts.IngressAnswer) { a.Status = 302 }, total: 1},
		"not found":              {change: func(a *facts.IngressAnswer) { a.Status = 404 }, total: 1},
		"no answer":              {change: func(a *facts.IngressAnswer) { a.Answer = endpoints.Answer{Connect: endpoints.TimedOut} }, total: 1},
		"of the default backend": {change: func(a *facts.IngressAnswer) { a.Matches = false }, total: 1},
		"perhaps another rule's": {change: func(a *facts.IngressAnswer) { a.Guessed = true }, total: 1},
		"perhaps of another":     {change: func(a *facts.IngressAnswer) { a.Rule.Split = true }, total: 1},
		"not all were requested": {total: 2},
		"another port":           {ports: []endpoints.Port{{Number: 80}, {Number: 81}}, total: 1},
	} {
		a, s := good, one
		if c.change != nil {
			c.change(&a)
		}
		if c.ports != nil {
			s.Ports = c.ports
		}
		env := &facts.Env{}
		fact.Put(env, facts.FromIngresses, facts.IngressAnswers{Total: c.total, Items: []facts.IngressAnswer{a}})
		got := false
		check.Run(t.Context(), []*check.Check{{
			Code: "INS0501", Name: "x", Hop: hopPolicy, Doc: "x", Needs: []check.Need{facts.FromIngresses},
			Run: func(p *check.Pass) ([]check.Finding, error) { got = answersThroughIngress(p, s); return nil, nil },
		}}, env, nil)
		if got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
