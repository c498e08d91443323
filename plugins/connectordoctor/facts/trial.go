package facts

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/greeting"
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
					at.OwnDNS = len(p.NameServers) > 0 || p.HostNetwork
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

// TargetLookup is the lookup of the target's name by a test pod.
type TargetLookup struct {
	Node string `json:"node,omitempty"` // of the test pod; empty: nothing was looked up, as there is no name
	endpoints.Names
	// Denied are the NetworkPolicies that keep the test pod from the cluster's DNS, which did not answer it.
	Denied []string `json:"denied,omitempty"`
}

// trialAccess is what the facts of a trial read.
func trialAccess() []rbacv1.PolicyRule {
	return []rbacv1.PolicyRule{
		fact.Rule("", "nodes", "get", "list"), fact.Rule("networking.k8s.io", "networkpolicies", "list"),
		fact.Rule("", "pods", "list"), fact.GetRule("", "namespaces", metav1.NamespaceSystem),
	}
}

// TargetNames looks the target's name up in a test pod of the connection's namespace, on the node of a pod that uses it.
var TargetNames = &Fact[TargetLookup]{
	Name:   "target-names",
	Needs:  []check.Need{TargetAddress},
	Access: trialAccess(),
	Create: testpod.Rules(),
	Gather: func(ctx context.Context, e *Env) (TargetLookup, []check.Evidence, error) {
		l := TargetLookup{Names: endpoints.Names{Items: []endpoints.Lookup{}}}
		at, err := TargetAddress.From(ctx, e)
		if err != nil || at.Host == "" || isAddress(at.Host) {
			return l, nil, err
		}
		pod, err := e.Trial.Pods.Get(ctx, e.Target.Namespace, at.Node)
		if err != nil {
			return l, nil, err
		}
		l.Node = pod.Node
		seen := []check.Evidence{{Source: cmdline.InPod(e.Target.Namespace, cmdline.Program("nslookup", at.Host))}}
		if l.Names, err = pod.LookUp(ctx, at.Host); err != nil || len(l.Found()) > 0 {
			return l, seen, err
		}
		if l.Of(at.Host).Failure != endpoints.NoServer {
			return l, seen, nil
		}
		dns, err := cluster.DNSEnd(ctx, e.Clients)
		if err == nil {
			l.Denied, err = deniesTestPod(ctx, e, dns, netpolicy.DNSPort())
		}
		return l, seen, err
	},
}

// TargetAnswered is what the target answers to a test pod.
type TargetAnswered struct {
	Node    string          `json:"node,omitempty"`
	At      time.Time       `json:"at,omitzero"`
	Address string          `json:"address,omitempty"` // to which the connection was made; empty: none is known
	Connect string          `json:"connect,omitempty"` // as of endpoints.Answer
	Service TargetService   `json:"service,omitempty"`
	Answer  greeting.Answer `json:"answer,omitzero"`
	// AMQP is what became of a connection to the port of AMQP over TLS, for Service Bus and Event Hubs.
	AMQP string `json:"amqp,omitempty"`
	// Denied are the NetworkPolicies that keep the test pod from the target, which did not answer it in time.
	Denied []string `json:"denied,omitempty"`
	// PodDenied is what NetworkPolicies keep a pod that uses the connection from; nil if they allow the address. Engine is a pod of the engine
	// that enforces policies, read where PodDenied is not nil; empty: none was found.
	PodDenied *EgressDenial `json:"podDenied,omitempty"`
	Engine    string        `json:"engine,omitempty"`
}

// AMQPPort is the port of AMQP over TLS (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-faq).
const AMQPPort = 5671

// TargetService is the kind of service that is asked.
type TargetService = greeting.Service

// What the services are that do not tell without a sign-in whether their firewall allows a client.
const (
	KeyVault  = greeting.Vault
	SQLServer = greeting.SQLServer
	NoService = greeting.Unknown
)

// What a target answers.
const (
	Refused = greeting.Refused
	Unclear = greeting.Unclear
	Foreign = greeting.Foreign
	Silent  = greeting.Silent
	Closed  = greeting.Closed
)

// TargetAnswer connects to the first address of the target, and exchanges the first messages of its protocol. No credentials are sent.
var TargetAnswer = &Fact[TargetAnswered]{
	Name:   "target-answer",
	Needs:  []check.Need{TargetAddress, TargetNames, ConsumerPods},
	Access: trialAccess(),
	Create: testpod.Rules(),
	Gather: func(ctx context.Context, e *Env) (TargetAnswered, []check.Evidence, error) {
		var a TargetAnswered
		at, err := TargetAddress.From(ctx, e)
		if err != nil || at.Host == "" {
			return a, nil, err
		}
		names, err := TargetNames.From(ctx, e)
		if err != nil {
			return a, nil, err
		}
		to, ok := firstAddress(at.Host, names.Found())
		if !ok {
			return a, nil, nil
		}
		pod, err := e.Trial.Pods.Get(ctx, e.Target.Namespace, at.Node)
		if err != nil {
			return a, nil, err
		}
		a.Node, a.At, a.Service = pod.Node, now(), greeting.ServiceAt(at.Host, at.Port)
		port := netip.AddrPortFrom(to, uint16(at.Port))
		a.Address = port.String()
		asked := cmdline.Program("nc", "-zv", "-w", "5", at.Host, strconv.Itoa(int(at.Port)))
		seen := []check.Evidence{{Source: cmdline.InPod(e.Target.Namespace, asked)}}
		if a.PodDenied, err = podDenied(ctx, e, to, at); err != nil {
			return a, seen, err
		}
		if a.PodDenied != nil {
			if a.Engine, err = cluster.PolicyEngine(ctx, e.Clients); err != nil {
				return a, seen, err
			}
		}
		conn, outcome, err := testpod.Connect(ctx, pod.Dialer(), a.Address, e.Trial.Timeout)
		if err != nil {
			return a, seen, err
		}
		a.Connect = outcome
		switch outcome {
		case endpoints.Connected:
			defer conn.Close()
			a.Answer, err = greeting.Exchange(ctx, conn, a.Service, at.Host, e.Trial.Timeout)
			if err == nil && a.Service == greeting.Bus {
				a.AMQP, err = connects(ctx, pod, netip.AddrPortFrom(to, AMQPPort), e.Trial.Timeout)
			}
		case endpoints.TimedOut:
			a.Denied, err = deniesTestPod(ctx, e, netpolicy.End{Address: to}, netpolicy.Port{Protocol: "TCP", Number: at.Port})
		}
		return a, seen, err
	},
}

// connects returns what became of a connection to the address.
func connects(ctx context.Context, pod *testpod.Pod, to netip.AddrPort, timeout time.Duration) (string, error) {
	conn, outcome, err := testpod.Connect(ctx, pod.Dialer(), to.String(), timeout)
	if conn != nil {
		_ = conn.Close()
	}
	return outcome, err
}

// podDenied returns what NetworkPolicies keep a pod from that uses the connection; nil if they allow the address, or it is one of the
// cluster, whose Services policies do not see.
func podDenied(ctx context.Context, e *Env, to netip.Addr, at TargetAt) (*EgressDenial, error) {
	if strings.Contains(at.Host+".", ".svc.") {
		return nil, nil
	}
	pods, err := ConsumerPods.From(ctx, e)
	if err != nil {
		return nil, nil //nolint:nilerr // that error is of the checks that need them
	}
	policies, err := cluster.NetworkPolicies(ctx, e.Clients, e.Target.Namespace)
	if err != nil {
		return nil, err
	}
	port := netpolicy.Port{Protocol: "TCP", Number: at.Port}
	for _, p := range pods.Alive() {
		if p.HostNetwork || p.Use.Proxied {
			continue
		}
		selecting := netpolicy.Selecting(policies, netpolicy.Egress, p.end)
		if v := netpolicy.Evaluate(selecting, netpolicy.Egress, p.end, netpolicy.End{Address: to}, port); !v.Allows() {
			return &EgressDenial{p.Name, p.workload(), EgressTarget, v, []netpolicy.Port{port}}, nil
		}
	}
	return nil, nil
}

// deniesTestPod returns the NetworkPolicies that keep the test pod from the far end; none if they allow it.
func deniesTestPod(ctx context.Context, e *Env, far netpolicy.End, port netpolicy.Port) ([]string, error) {
	policies, err := cluster.NetworkPolicies(ctx, e.Clients, e.Target.Namespace)
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

// firstAddress returns the host itself if it is an address, and otherwise the first that was found, those of IPv4 before others.
func firstAddress(host string, found []string) (netip.Addr, bool) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip, true
	}
	var all []netip.Addr
	for _, text := range found {
		if ip, err := netip.ParseAddr(text); err == nil {
			all = append(all, ip)
		}
	}
	slices.SortStableFunc(all, func(a, b netip.Addr) int { return a.BitLen() - b.BitLen() })
	if len(all) == 0 {
		return netip.Addr{}, false
	}
	return all[0], true
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}
