package facts

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/internal/testpod"
)

// ClusterIPAnswers holds what the ClusterIP answers.
type ClusterIPAnswers struct {
	Probes
	From  string            `json:"from,omitempty"`
	Items []ClusterIPAnswer `json:"items"`
	// PodsLost reports whether the pods, which had answered, did not answer either after the ClusterIP had failed: NetworkPolicies may be
	// enforced only some time after the test pod started.
	PodsLost bool `json:"podsLost,omitempty"`
}

// ClusterIPAnswer holds the outcomes of several connections to one port of the ClusterIP.
type ClusterIPAnswer struct {
	Port     endpoints.Port `json:"port"`
	Outcomes []string       `json:"outcomes"` // endpoints.Connected and the like
}

// attempts is the number of connections to each port: kube-proxy sends each to an endpoint of its choice.
const attempts = 3

// ClusterIP is what the Service's ClusterIP answers to the test pod.
var ClusterIP = &Fact[ClusterIPAnswers]{
	Name:   "cluster-ip",
	Needs:  []check.Need{Service, Answers},
	Create: testpod.Rules(),
	Gather: func(ctx context.Context, e *Env) (ClusterIPAnswers, []check.Evidence, error) {
		all := ClusterIPAnswers{Items: []ClusterIPAnswer{}}
		s, err := Service.From(ctx, e)
		if err != nil {
			return all, nil, err
		}
		if all.disabled(e) {
			return all, nil, nil
		}
		answers, err := Answers.From(ctx, e)
		if err != nil {
			return all, nil, err
		}
		pod, err := e.TestPods.Get(ctx, e.clientNamespace(), answers.From)
		if err != nil {
			return all, nil, err
		}
		all.From = pod.Node
		for _, port := range s.Ports {
			if port.Protocol == "TCP" || answers.answersDatagrams(port) {
				all.Items = append(all.Items, ClusterIPAnswer{Port: port, Outcomes: make([]string, attempts)})
			}
		}
		err = retryOnce(ctx, func() (bool, error) {
			if answers.TunnelError != "" {
				err := all.connectWithoutTunnel(ctx, e, s.ClusterIP)
				return all.ok(), err
			}
			err := all.connect(ctx, e, pod, s.ClusterIP)
			return all.ok(), err
		})
		if err == nil && !all.ok() && answers.TunnelError == "" {
			all.PodsLost, err = answers.lostLater(ctx, e, pod)
		}
		return all, nil, err
	},
}

// lostLater reports whether none of the pods that accepted TCP connections accepts one now.
func (l AppAnswers) lostLater(ctx context.Context, e *Env, from *testpod.Pod) (bool, error) {
	tried := 0
	for _, a := range l.Items {
		if a.Connect != endpoints.Connected || a.Service.Protocol != "TCP" {
			continue
		}
		answer, err := testpod.Do(ctx, from.Dialer(), testpod.Request{Address: address(a.Host, a.Port), Timeout: e.Timeout})
		if err != nil || answer.Connect == endpoints.Connected {
			return false, err
		}
		if tried++; tried == attempts {
			break
		}
	}
	return tried > 0, nil
}

// connect makes all connections anew.
func (l *ClusterIPAnswers) connect(ctx context.Context, e *Env, from *testpod.Pod, ip string) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(inParallel)
	dialer := from.Dialer()
	g.Go(func() error {
		return l.queryDatagrams(e, ip, func(list []testpod.Request) ([]endpoints.Answer, error) { return from.QueryDNS(ctx, list) })
	})
	for _, item := range l.Items {
		if item.Port.Protocol != "TCP" {
			continue
		}
		for i := range item.Outcomes {
			g.Go(func() error {
				answer, err := testpod.Do(ctx, dialer, testpod.Request{Address: address(ip, item.Port.Number), Timeout: e.Timeout})
				item.Outcomes[i] = answer.Connect
				return err
			})
		}
	}
	return g.Wait()
}

// connectWithoutTunnel makes the connections from a pod that ends.
func (l *ClusterIPAnswers) connectWithoutTunnel(ctx context.Context, e *Env, ip string) error {
	var r batch
	for _, item := range l.Items {
		for i := range item.Outcomes {
			if item.Port.Protocol == "TCP" {
				r.add(testpod.Request{Address: address(ip, item.Port.Number), Timeout: e.Timeout},
					func(a endpoints.Answer) { item.Outcomes[i] = a.Connect })
			}
		}
	}
	if err := r.send(ctx, e, l.From); err != nil {
		return err
	}
	return l.queryDatagrams(e, ip, func(list []testpod.Request) ([]endpoints.Answer, error) {
		return testpod.QueryDNSOnce(ctx, e.TestPods.Maker, e.onceOptions(l.From), list)
	})
}

func (l *ClusterIPAnswers) ok() bool {
	return !slices.ContainsFunc(l.Items, func(a ClusterIPAnswer) bool { return !allConnected(a.Outcomes) })
}

func allConnected(outcomes []string) bool {
	return !slices.ContainsFunc(outcomes, func(o string) bool { return o != endpoints.Connected })
}

// Proxy is kube-proxy on the node from which the ClusterIP was tried.
type Proxy struct {
	Node  string   `json:"node"`
	Pods  []string `json:"pods"` // its pods on the node; none: it does not run there, or another program replaces it
	Ready bool     `json:"ready"`
}

// KubeProxy is read if the ClusterIP does not answer.
var KubeProxy = &Fact[Proxy]{
	Name:   "kube-proxy",
	Needs:  []check.Need{ClusterIP},
	Access: []rbacv1.PolicyRule{fact.Rule("", "pods", "list")},
	Gather: func(ctx context.Context, e *Env) (Proxy, []check.Evidence, error) {
		answers, err := ClusterIP.From(ctx, e)
		if err != nil {
			return Proxy{}, nil, err
		}
		return proxyOn(ctx, e, answers.From)
	},
}

// proxyOn finds kube-proxy on the node.
func proxyOn(ctx context.Context, e *Env, node string) (Proxy, []check.Evidence, error) {
	p := Proxy{Node: node, Pods: []string{}}
	onNode := fields.OneTermEqualSelector("spec.nodeName", p.Node).String()
	o := metav1.ListOptions{LabelSelector: "component=kube-proxy", FieldSelector: onNode}
	seen := []check.Evidence{{Source: cmdline.Kubectl(
		"get", "pods", "-n", metav1.NamespaceSystem, "-l", o.LabelSelector, "--field-selector", o.FieldSelector,
	)}}
	pods, err := e.Clients.CoreV1().Pods(metav1.NamespaceSystem).List(ctx, o)
	if err != nil {
		return p, seen, err
	}
	for i := range pods.Items {
		p.Pods = append(p.Pods, pods.Items[i].Name)
		p.Ready = p.Ready || podhealth.PodReady(&pods.Items[i])
	}
	return p, seen, nil
}
