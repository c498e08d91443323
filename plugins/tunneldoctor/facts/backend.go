package facts

import (
	"cmp"
	"context"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/internal/redact"
)

// Backend is what is behind a webhook or an aggregated API.
type Backend struct {
	Of      string    `json:"of"` // name of the webhook or API
	Service check.Ref `json:"service"`
	API     bool      `json:"api,omitempty"` // it is an aggregated API
	called  int32     // port of the Service; not in bundles
	Port    int32     `json:"port"` // of the pods
	// Owners are the workloads of the pods that its Service selects, such as replicaset/web-5d4f7658bc.
	Owners []string `json:"owners,omitempty"`
	// Strays are those of Owners whose pods declare ports and not Port, while others declare it: they are not meant.
	Strays []string `json:"strays,omitempty"`
	// Nodes are those of the pods on the host network, whose ports the nodes' firewalls guard.
	Nodes []string `json:"nodes,omitempty"`
	// Policies are NetworkPolicies that together keep the tunnel agents out of Port; nil: none do, or it is unknown.
	Policies []string `json:"policies,omitempty"`
	// Error is why the rest is not known.
	Error string `json:"error,omitempty"`
}

// maxSuspects is for how many webhooks the pods are read.
const maxSuspects = 3

// Backends are what is behind aggregated APIs that do not answer, and webhooks that failed or took long in a dry run, or whose pods seem
// to be of several workloads. Reading pods and NetworkPolicies of all namespaces is too much for the role of tunneldoctor: for a user who
// may not do so, they have an Error.
var Backends = &Fact[[]Backend]{
	Name:   "backends",
	Needs:  []check.Need{Webhooks, DryRuns, AggregatedAPIs, Tunnel, Agents},
	Access: []rbacv1.PolicyRule{fact.Rule("", "services", "get")},
	AccessIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceSystem: {
		fact.Rule("", "pods", "list"), fact.Rule("networking.k8s.io", "networkpolicies", "list"),
	}},
	Gather: func(ctx context.Context, e *Env) ([]Backend, []check.Evidence, error) {
		webhooks, err := Webhooks.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		runs, _ := DryRuns.From(ctx, e)        // without them, no webhook is known to fail
		apis, _ := AggregatedAPIs.From(ctx, e) // nor an API
		list, seen := []Backend{}, []check.Evidence{}
		for _, b := range append(failedAPIs(apis), suspects(webhooks, runs)...) {
			if err := b.read(ctx, e); err != nil {
				b.Error = redact.Message(kube.NameDenied(err).Error())
			}
			list = append(list, b)
			if len(b.Policies) > 0 {
				seen = append(seen, check.Evidence{Source: cmdline.Kubectl("get", "networkpolicies", "-n", b.Service.Namespace)})
			}
		}
		return list, seen, nil
	},
}

// failedAPIs returns the Services of aggregated APIs that do not answer although they have endpoints.
func failedAPIs(apis []AggregatedAPI) []Backend {
	var list []Backend
	for _, a := range apis {
		if a.Error != "" && a.Endpoints > 0 && len(list) < maxSuspects {
			list = append(list, Backend{Of: a.Name, API: true, Service: a.Service, called: a.Port})
		}
	}
	return list
}

// suspects returns the Services of webhooks whose pods may show why they fail.
func suspects(webhooks []Webhook, runs []DryRun) []Backend {
	var list []Backend
	for _, w := range webhooks {
		named := slices.ContainsFunc(runs, func(d DryRun) bool { return errtext.Explain(d.Error).Webhook == w.Name || d.Late(w) })
		same := slices.ContainsFunc(list, func(b Backend) bool { return b.Service == w.Service && b.called == w.Port })
		if w.Endpoints > 0 && (named || w.Mixed && w.FailClosed) && !same && len(list) < maxSuspects {
			list = append(list, Backend{Of: w.Name, Service: w.Service, called: w.Port})
		}
	}
	return list
}

// read reads the Service and what is behind it.
func (b *Backend) read(ctx context.Context, e *Env) error {
	namespace := b.Service.Namespace
	service, err := e.Clients.CoreV1().Services(namespace).Get(ctx, b.Service.Name, metav1.GetOptions{})
	if err != nil || len(service.Spec.Selector) == 0 {
		return err
	}
	i := slices.IndexFunc(service.Spec.Ports, func(p corev1.ServicePort) bool { return p.Port == b.called })
	if i < 0 {
		return nil
	}
	var pods []corev1.Pod
	err = cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		return e.Clients.CoreV1().Pods(namespace).List(ctx, o)
	}, labels.SelectorFromSet(service.Spec.Selector).String(), func(object runtime.Object) {
		if p, ok := object.(*corev1.Pod); ok && cluster.PodOf(p).Ready() {
			pods = append(pods, *p)
		}
	})
	if err != nil {
		return err
	}
	b.sort(pods, endpoints.Port{TargetPort: service.Spec.Ports[i].TargetPort.String(), Protocol: "TCP"})
	b.Policies, err = shuttingOut(ctx, e, pods, b.Port)
	return err
}

// sort sets Port, Owners and Strays from the pods.
func (b *Backend) sort(pods []corev1.Pod, target endpoints.Port) {
	declare := map[string]bool{} // whether an owner's pods declare the port; no entry: they declare none
	for i := range pods {
		pod := cluster.PodOf(&pods[i])
		owner := cmp.Or(pod.Owner, "pod/"+pod.Name)
		if !slices.Contains(b.Owners, owner) {
			b.Owners = append(b.Owners, owner)
		}
		if pod.HostNetwork && !slices.Contains(b.Nodes, pod.Node) {
			b.Nodes = append(b.Nodes, pod.Node)
		}
		declared := pod.Ports()
		number, ok := target.Target(declared)
		if ok && (b.Port == 0 || endpoints.Declares(declared, number, "TCP")) {
			b.Port = number
		}
		if len(declared) > 0 {
			declare[owner] = declare[owner] || ok && endpoints.Declares(declared, number, "TCP")
		}
	}
	slices.Sort(b.Owners)
	some := slices.ContainsFunc(b.Owners, func(o string) bool { return declare[o] })
	for _, o := range b.Owners {
		if declares, known := declare[o]; some && known && !declares {
			b.Strays = append(b.Strays, o)
		}
	}
}

// shuttingOut returns the NetworkPolicies that keep all tunnel agents out of the port of all of the pods.
func shuttingOut(ctx context.Context, e *Env, pods []corev1.Pod, port int32) ([]string, error) {
	agents, err := Agents.From(ctx, e)
	if err != nil || port == 0 || len(pods) == 0 {
		return nil, err
	}
	t, err := Tunnel.From(ctx, e)
	if err != nil || len(agents.addresses()) == 0 || len(t.Labels) == 0 { // policies do not know pods of the host network
		return nil, err
	}
	policies, err := cluster.NetworkPolicies(ctx, e.Clients, pods[0].Namespace)
	if err != nil || len(policies) == 0 {
		return nil, err
	}
	system, err := e.Clients.CoreV1().Namespaces().Get(ctx, metav1.NamespaceSystem, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	agent := netpolicy.End{Namespace: metav1.NamespaceSystem, NamespaceLabels: system.Labels, Labels: t.Labels}
	var names []string
	for i := range pods {
		against := policiesAgainst(policies, &pods[i], agent, agents.addresses(), port)
		if len(against) == 0 || pods[i].Spec.HostNetwork {
			return nil, nil
		}
		names = against
	}
	return names, nil
}

// policiesAgainst returns the policies that select the pod and let in, on the port, no agent with one of the addresses.
func policiesAgainst(
	policies []*networkingv1.NetworkPolicy, pod *corev1.Pod, agent netpolicy.End, addresses []netip.Addr, port int32,
) []string {
	server := cluster.PolicyEnd(pod)
	selecting := netpolicy.Selecting(policies, netpolicy.Ingress, server)
	var names []string
	for _, address := range addresses {
		agent.Address = address
		v := netpolicy.Evaluate(selecting, netpolicy.Ingress, server, agent, netpolicy.Port{Protocol: "TCP", Number: port})
		if v.Allows() {
			return nil
		}
		names = v.Policies
	}
	return names
}
