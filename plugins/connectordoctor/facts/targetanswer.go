package facts

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/greeting"
	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/internal/testpod"
)

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
	// PodDenied is what NetworkPolicies keep a pod that uses the connection from; nil if they allow the address.
	PodDenied *EgressDenial `json:"podDenied,omitempty"`
}

// AMQPPort is the port of AMQP over TLS.
const AMQPPort = greeting.AMQPPort

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
	policies, err := networkPolicies(ctx, e, e.Target.Namespace)
	if err != nil {
		return nil, err
	}
	port := netpolicy.Port{Protocol: "TCP", Number: at.Port}
	for _, p := range pods.Alive() {
		if p.HostNetwork || p.Use.Proxied {
			continue
		}
		end := p.end(e.Target.Namespace)
		selecting := netpolicy.Selecting(policies, netpolicy.Egress, end)
		if v := netpolicy.Evaluate(selecting, netpolicy.Egress, end, netpolicy.End{Address: to}, port); !v.Allows() {
			return &EgressDenial{p.Name, p.workload(), EgressTarget, v, []netpolicy.Port{port}}, nil
		}
	}
	return nil, nil
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
