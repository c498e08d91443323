package checks

import (
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// TestPodsSilent: the ClusterIP is not blamed for a port on which the pods themselves do not answer.
func TestPodsSilent(t *testing.T) {
	web, metrics := endpoints.Port{Name: "http", Protocol: "TCP", Number: 80}, endpoints.Port{Name: "metrics", Protocol: "TCP", Number: 9090}
	answers := facts.AppAnswers{Items: []facts.AppAnswer{
		{Service: web, Answer: endpoints.Answer{Connect: endpoints.Connected}},
		{Service: web, Answer: endpoints.Answer{Connect: endpoints.TimedOut}},
		{Service: metrics, Answer: endpoints.Answer{Connect: endpoints.TimedOut}},
	}}
	for port, want := range map[endpoints.Port]bool{web: false, metrics: true, {Name: "dns", Protocol: "UDP", Number: 53}: false} {
		if got := podsSilent(answers, port); got != want {
			t.Errorf("%s: %v", port.Name, got)
		}
	}
}

// TestPolicyEnforcedLate: where the pods stop answering too before the ClusterIP is tried, the policies are named, and kube-proxy is not.
func TestPolicyEnforcedLate(t *testing.T) {
	port := endpoints.Port{Number: 80, TargetPort: "8080", Protocol: "TCP"}
	denied := facts.PolicyVerdict{Out: netpolicy.Verdict{Policies: []string{"default-deny-egress"}}}
	for _, denies := range []bool{true, false} {
		env := &facts.Env{}
		fact.Put(env, facts.Service, facts.ServiceInfo{Namespace: "ns", Name: "web", ClusterIP: "10.0.0.1", Ports: []endpoints.Port{port}})
		fact.Put(env, facts.Answers, facts.AppAnswers{Total: 1, Tried: 1, From: "n1", Items: []facts.AppAnswer{
			{Pod: "web-1", Host: "10.244.0.5", Port: 8080, Service: port, Answer: endpoints.Answer{Connect: endpoints.Connected}},
		}})
		fact.Put(env, facts.ClusterIP, facts.ClusterIPAnswers{PodsLost: true, From: "n1", Items: []facts.ClusterIPAnswer{
			{Port: port, Outcomes: []string{endpoints.TimedOut, endpoints.TimedOut, endpoints.TimedOut}},
		}})
		result := facts.PolicyResult{Pod: "web-1", Port: netpolicy.Port{Protocol: "TCP", Number: 8080}}
		if denies {
			result.TestPod = denied
		}
		fact.Put(env, facts.Policies, facts.PolicyResults{Namespace: "ns", Items: []facts.PolicyResult{result}})
		policies, clusterIP := *NetworkPoliciesLetClientIn, *ClusterIPAnswers
		policies.After, clusterIP.After = nil, []*check.Check{&policies}
		results := check.Run(t.Context(), []*check.Check{&policies, &clusterIP}, env, nil)
		want := []check.Status{check.Fail, check.Blocked}
		if !denies {
			want = []check.Status{check.Passed, check.Unknown}
		}
		if results[0].Status != want[0] || results[1].Status != want[1] {
			t.Errorf("denied: %v: %s %s, want %v", denies, results[0].Status, results[1].Status, want)
		}
	}
}

// Of two pods one refuses: once in eight times all three connections to the ClusterIP meet it, and kube-proxy is well.
func TestMetFailingPods(t *testing.T) {
	port := endpoints.Port{Number: 80, Protocol: "TCP"}
	pods := func(outcomes ...string) facts.AppAnswers {
		var all facts.AppAnswers
		for _, o := range outcomes {
			all.Items = append(all.Items, facts.AppAnswer{Service: port, Answer: endpoints.Answer{Connect: o}})
		}
		return all
	}
	const ok, refused, lost = endpoints.Connected, endpoints.Refused, endpoints.TimedOut
	for name, c := range map[string]struct {
		pods facts.AppAnswers
		bad  []string
		want bool
	}{
		"one of two":           {pods(ok, refused), []string{refused, refused, refused}, true},
		"one of two, once":     {pods(ok, refused), []string{refused}, true},
		"none":                 {pods(ok, ok), []string{refused, refused, refused}, false},
		"another way":          {pods(ok, refused), []string{lost, lost, lost}, false},
		"two ways":             {pods(ok, refused), []string{refused, lost, refused}, false},
		"one of many":          {pods(ok, ok, ok, ok, ok, ok, ok, ok, ok, refused), []string{refused, refused, refused}, false},
		"one of many, once":    {pods(ok, ok, ok, ok, ok, ok, ok, ok, ok, refused), []string{refused}, true},
		"lost from here, both": {pods(ok, lost), []string{lost, lost, lost}, true},
	} {
		if got := metFailingPods(c.pods, port, c.bad); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// What a pod that refuses explains is no finding of the check, neither from one node nor from several; what it does not explain is.
func TestFailingPodsAreNotBlamedOnProxy(t *testing.T) {
	port := endpoints.Port{Number: 80, TargetPort: "8080", Protocol: "TCP"}
	const ok, refused, lost = endpoints.Connected, endpoints.Refused, endpoints.TimedOut
	for outcome, want := range map[string][2]check.Status{
		refused: {check.Skip, check.Passed}, lost: {check.Fail, check.Fail},
	} {
		env := &facts.Env{}
		fact.Put(env, facts.Service, facts.ServiceInfo{Namespace: "ns", Name: "web", ClusterIP: "10.0.0.1", Ports: []endpoints.Port{port}})
		fact.Put(env, facts.Pods, facts.PodList{})
		fact.Put(env, facts.Slices, []endpoints.Slice{})
		fact.Put(env, facts.KubeProxy, facts.Proxy{Node: "n1", Pods: []string{"kube-proxy-1"}, Ready: true})
		fact.Put(env, facts.Answers, facts.AppAnswers{Total: 2, Tried: 2, From: "n1", Items: []facts.AppAnswer{
			{Pod: "web-1", Service: port, Answer: endpoints.Answer{Connect: ok}},
			{Pod: "web-2", Service: port, Answer: endpoints.Answer{Connect: refused}},
		}})
		three := []string{outcome, outcome, outcome}
		fact.Put(env, facts.ClusterIP, facts.ClusterIPAnswers{From: "n1", Items: []facts.ClusterIPAnswer{{Port: port, Outcomes: three}}})
		fact.Put(env, facts.NodeProbes, facts.NodeAnswers{
			Nodes: 1, Proxy: &facts.Proxy{Node: "n2", Pods: []string{"kube-proxy-2"}, Ready: true},
			Items: []facts.NodeAnswer{{Node: "n2", Outcomes: three}},
		})
		one, all := *ClusterIPAnswers, *NodesReachClusterIP
		one.After, all.After = nil, nil
		results := check.Run(t.Context(), []*check.Check{&one, &all}, env, nil)
		if results[0].Status != want[0] || results[1].Status != want[1] {
			t.Errorf("%s: %s %s, want %v", outcome, results[0].Status, results[1].Status, want)
		}
	}
}
