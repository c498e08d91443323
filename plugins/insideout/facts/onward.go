package facts

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/internal/testpod"
)

// OnwardNames is the lookup of the destination's host by a test pod on the pod's node; empty if the host is an address.
var OnwardNames = &Fact[Lookups]{
	Name:   "onward-names",
	Needs:  []check.Need{Origin},
	Access: []rbacv1.PolicyRule{fact.Rule("", "nodes", "get", "list"), fact.Rule("networking.k8s.io", "networkpolicies", "list")},
	Create: testpod.Rules(),
	Gather: func(ctx context.Context, e *Env) (Lookups, []check.Evidence, error) {
		all := Lookups{Names: noNames()}
		o, err := Origin.From(ctx, e)
		if err != nil {
			return all, nil, err
		}
		if _, err := netip.ParseAddr(o.To.Host); err == nil {
			return all, nil, nil
		}
		if all.disabled(e) {
			return all, nil, nil
		}
		pod, err := e.TestPods.Get(ctx, e.Target.Namespace, o.Pod.Node)
		if err != nil {
			return all, nil, err
		}
		all.From = pod.Node
		seen := []check.Evidence{{Source: cmdline.InPod(e.Target.Namespace, cmdline.Program("nslookup", o.To.Host))}}
		return all, seen, retryOnce(ctx, func() (ok bool, err error) {
			all.Names, err = pod.LookUp(ctx, o.To.Host)
			if err != nil {
				return false, err
			}
			return len(all.Found()) == 0 || !e.deniesTestPodDNS(ctx), nil
		})
	},
}

// deniesTestPodDNS reports whether NetworkPolicies deny the test pod's queries to the cluster's DNS. Queries that succeed all the same
// prove nothing at once: a network plug-in may enforce policies on a new pod with a delay. Policies that cannot be read deny nothing.
func (e *Env) deniesTestPodDNS(ctx context.Context) bool {
	policies, _, err := policiesIn(ctx, e, e.Target.Namespace)
	if err != nil {
		return false
	}
	test := netpolicy.End{Namespace: e.Target.Namespace, Labels: testpod.Labels()}
	selecting := netpolicy.Selecting(policies, netpolicy.Egress, test)
	return !netpolicy.Evaluate(selecting, netpolicy.Egress, test, cluster.DNSPod(), netpolicy.DNSPort()).Allows()
}

// OnwardAnswer is what the destination answers to a test pod on the pod's node.
type OnwardAnswer struct {
	Probes
	From    string    `json:"from,omitempty"`
	At      time.Time `json:"at,omitzero"`
	Address string    `json:"address,omitempty"` // to which the connection was made
	endpoints.Answer
}

// tlsFromStart reports whether connections to the port start with TLS: HTTPS, and Azure's AMQP, Redis and Kafka.
func tlsFromStart(port int32) bool {
	return slices.Contains([]int32{443, 5671, 6380, 6443, 8443, 9093}, port)
}

// Onward connects to the first of the destination's addresses.
var Onward = &Fact[OnwardAnswer]{
	Name:   "onward-answer",
	Needs:  []check.Need{Origin, OnwardNames},
	Access: []rbacv1.PolicyRule{fact.Rule("", "nodes", "get", "list")},
	Create: testpod.Rules(),
	Gather: func(ctx context.Context, e *Env) (OnwardAnswer, []check.Evidence, error) {
		var a OnwardAnswer
		o, err := Origin.From(ctx, e)
		if err != nil {
			return a, nil, err
		}
		to, err := destination(ctx, e, o)
		if err != nil || to == "" {
			return a, nil, err
		}
		if a.disabled(e) {
			return a, nil, nil
		}
		pod, err := e.TestPods.Get(ctx, e.Target.Namespace, o.Pod.Node)
		if err != nil {
			return a, nil, err
		}
		a.From, a.At, a.Address = pod.Node, time.Now().UTC(), address(to, o.To.Port)
		q := testpod.Request{Address: a.Address, Host: o.To.Host, Timeout: e.Timeout}
		if tlsFromStart(o.To.Port) {
			q.Protocol = endpoints.HTTPS
		}
		a.Answer, err = testpod.Do(ctx, pod.Dialer(), q)
		return a, []check.Evidence{{
			Source: cmdline.InPod(e.Target.Namespace, cmdline.Program("nc", "-zv", "-w", "5", o.To.Host, strconv.Itoa(int(o.To.Port)))),
		}}, err
	},
}

// destination returns the destination's first address of an IP family that the pod has; empty if none is known.
func destination(ctx context.Context, e *Env, o OriginPod) (string, error) {
	if ip, err := netip.ParseAddr(o.To.Host); err == nil {
		return ip.String(), nil
	}
	names, err := OnwardNames.From(ctx, e)
	if err != nil {
		return "", err
	}
	own, _ := netip.ParseAddr(o.Pod.IP)
	for _, found := range names.Found() {
		if ip, err := netip.ParseAddr(found); err == nil && ip.Is4() == own.Is4() {
			return found, nil
		}
	}
	return "", nil
}
