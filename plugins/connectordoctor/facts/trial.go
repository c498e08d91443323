package facts

import (
	"context"
	"errors"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/internal/testpod"
)

// Trial is what trying a connection needs.
type Trial struct {
	Pods    *testpod.Pool
	To      Endpoint      // its Host is empty: the endpoint of the target in Azure
	Timeout time.Duration // of the connection, and again of the answer
}

// ErrNotTried is returned by the facts of a trial where no connection is to be tried.
var ErrNotTried = errors.New("no connection was tried: kubectl connectordoctor validate tries it")

// TargetAt is where clients of the target connect, and from where that is tried.
type TargetAt struct {
	Endpoint        // its Host is empty: unknown, for the reason in Missing
	Missing  string `json:"missing,omitempty"`
	// Pod is one that uses the connection, on Node; both are empty where none runs.
	Pod  string `json:"pod,omitempty"`
	Node string `json:"node,omitempty"`
	// Proxied reports that the pod's connections go through a proxy, OwnDNS that it does not ask the cluster's DNS: a test pod does neither.
	Proxied bool `json:"proxied,omitempty"`
	OwnDNS  bool `json:"ownDNS,omitempty"`
}

// TargetAddress is where the connection is tried.
var TargetAddress = &Fact[TargetAt]{
	Name:  "target-address",
	Needs: []check.Need{Connection, ConsumerPods, AzureTarget},
	Gather: func(ctx context.Context, e *Env) (at TargetAt, _ []check.Evidence, _ error) {
		if e.Trial == nil {
			return at, nil, ErrNotTried
		}
		if pods, err := ConsumerPods.From(ctx, e); err == nil { // without them, any node is tried
			for _, p := range pods.Alive() {
				if p.Node != "" && at.Node == "" {
					at.Pod, at.Node, at.Proxied = p.Name, p.Node, p.Use.Proxied
					at.OwnDNS = p.OwnDNS()
				}
			}
		}
		if at.Endpoint = e.Trial.To; at.Host != "" {
			return at, nil, nil
		}
		t, err := AzureTarget.From(ctx, e)
		switch {
		case err != nil:
			at.Missing = err.Error()
		case t.Off != "":
			at.Missing = t.Off
		case !t.Target.Exists:
			at.Missing = "the target does not exist"
		default:
			if at.Endpoint = t.Target.Endpoint; at.Host == "" {
				at.Missing = "Azure names no endpoint for resources of this type"
			}
		}
		return at, nil, nil
	},
}

// trialAccess returns what the facts of a trial read.
func trialAccess() []rbacv1.PolicyRule {
	return []rbacv1.PolicyRule{
		fact.Rule("", "nodes", "get", "list"), fact.Rule("networking.k8s.io", "networkpolicies", "list"),
		fact.Rule("", "pods", "list"), fact.GetRule("", "namespaces", metav1.NamespaceSystem),
	}
}

// deniesTestPod returns the NetworkPolicies that keep the test pod from the far end; none if they allow it.
func deniesTestPod(ctx context.Context, e *Env, far netpolicy.End, port netpolicy.Port) ([]string, error) {
	policies, err := networkPolicies(ctx, e, e.Target.Namespace)
	if err != nil {
		return nil, err
	}
	test := netpolicy.End{Namespace: e.Target.Namespace, Labels: testpod.Labels()}
	selecting := netpolicy.Selecting(policies, netpolicy.Egress, test)
	v := netpolicy.Evaluate(selecting, netpolicy.Egress, test, far, port)
	// the DNS that pods ask may have another address than its pods
	if v.Allows() || port == netpolicy.DNSPort() && netpolicy.EvaluateOutside(selecting, test, netpolicy.AnyAddress, port).Allows() {
		return nil, nil
	}
	return v.Policies, nil
}
