package facts

import (
	"context"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/greeting"
	"github.com/akstools/akstools/internal/netpolicy"
)

// Where pods connect to for a connection.
const (
	EgressDNS    = "dns"
	EgressEntra  = "entra"
	EgressTarget = "target"
)

// EgressDenial is what NetworkPolicies keep a pod from.
type EgressDenial struct {
	Pod      string `json:"pod"`
	Workload string `json:"workload"` // of the pod, as "kind/name"
	To       string `json:"to"`       // one of the above
	// Verdict is that for Ports[0]; the other ports are those that may serve as well, and are denied too.
	Verdict netpolicy.Verdict `json:"verdict"`
	Ports   []netpolicy.Port  `json:"ports"`
}

// EgressResult is what NetworkPolicies keep the pods that use a connection from, whatever the addresses of Entra ID and of the target.
type EgressResult struct {
	Items []EgressDenial `json:"items"` // at most one of each destination for a workload
	// NoPort reports that it is not known whether the target is allowed: policies allow some ports only, and the target's is not known.
	// NoKeys is why the Secret, whose keys tell the port, could not be read; empty: its keys do not tell.
	NoPort bool   `json:"noPort,omitempty"`
	NoKeys string `json:"noKeys,omitempty"`
}

// Egress evaluates the NetworkPolicies of the connection's namespace for the pods that use it. It leaves out pods that use a proxy, and
// those of the node's network.
var Egress = &Fact[EgressResult]{
	Name:  "egress-policies",
	Needs: []check.Need{Connection, ConsumerPods, Secret},
	Access: []rbacv1.PolicyRule{
		fact.Rule("networking.k8s.io", "networkpolicies", "list"), fact.Rule("", "pods", "list"),
		fact.GetRule("", "namespaces", metav1.NamespaceSystem),
	},
	Gather: func(ctx context.Context, e *Env) (EgressResult, []check.Evidence, error) {
		result := EgressResult{Items: []EgressDenial{}}
		namespace := e.Target.Namespace
		pods, err := ConsumerPods.From(ctx, e)
		if err != nil || len(pods.Alive()) == 0 {
			return result, nil, err
		}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "networkpolicies", "-n", namespace, "-o", "yaml")}}
		policies, err := networkPolicies(ctx, e, e.Target.Namespace)
		if err != nil || len(netpolicy.InNamespace(policies, netpolicy.Egress, namespace)) == 0 {
			return result, seen, err
		}
		dns, err := dnsEnd(ctx, e)
		if err != nil {
			return result, seen, err
		}
		secret, unread := Secret.From(ctx, e)
		v := evaluator{namespace, policies, dns, targetPorts(secret.Keys)}
		for _, p := range pods.Alive() {
			if !p.HostNetwork && !p.Use.Proxied {
				v.add(&result, p)
			}
		}
		if result.NoPort && unread != nil {
			result.NoKeys = unread.Error()
		}
		return result, seen, nil
	},
}

// dnsEnd returns a pod of the cluster's DNS as policies see it.
func dnsEnd(ctx context.Context, e *Env) (netpolicy.End, error) {
	return fact.Cached(e.Shared, "end of the DNS", func() (netpolicy.End, error) { return cluster.DNSEnd(ctx, e.Clients) })
}

// evaluator evaluates what pods need for a connection.
type evaluator struct {
	namespace string
	policies  []*networkingv1.NetworkPolicy
	dns       netpolicy.End
	target    []netpolicy.Port // those that the target may have; none: unknown
}

// add adds what the pod is kept from, unless another pod of its workload is too.
func (v evaluator) add(result *EgressResult, p ConsumerPod) {
	end := p.end(v.namespace)
	selecting := netpolicy.Selecting(v.policies, netpolicy.Egress, end)
	if len(selecting) == 0 {
		return
	}
	deny := func(to string, ports []netpolicy.Port, evaluate func(netpolicy.Port) netpolicy.Verdict) {
		known := slices.ContainsFunc(result.Items, func(d EgressDenial) bool { return d.Workload == p.workload() && d.To == to })
		if known || len(ports) == 0 || slices.ContainsFunc(ports, func(port netpolicy.Port) bool { return evaluate(port).Allows() }) {
			return
		}
		result.Items = append(result.Items, EgressDenial{p.Name, p.workload(), to, evaluate(ports[0]), ports})
	}
	outside := func(set netpolicy.Outside) func(netpolicy.Port) netpolicy.Verdict {
		return func(port netpolicy.Port) netpolicy.Verdict {
			return netpolicy.EvaluateOutside(selecting, end, set, port)
		}
	}
	if len(p.NameServers) == 0 {
		deny(EgressDNS, []netpolicy.Port{netpolicy.DNSPort()}, func(port netpolicy.Port) netpolicy.Verdict {
			// pods may ask an address instead: that of the DNS Service, or of a cache on their node
			if at := outside(netpolicy.AnyAddress)(port); at.Allows() {
				return at
			}
			return netpolicy.Evaluate(selecting, netpolicy.Egress, end, v.dns, port)
		})
	}
	if !p.Use.Bound() && slices.ContainsFunc(p.Use.Containers, func(c ContainerIdentity) bool { return c.Token }) {
		deny(EgressEntra, []netpolicy.Port{{Protocol: "TCP", Number: greeting.HTTPSPort}}, outside(netpolicy.AnyPublicAddress))
	}
	deny(EgressTarget, v.target, outside(netpolicy.AnyAddress))
	anyPort := netpolicy.Port{Protocol: "TCP"} // only rules for all ports allow it
	result.NoPort = result.NoPort || len(v.target) == 0 && !outside(netpolicy.AnyAddress)(anyPort).Allows()
}

// targetPorts returns the ports that the target of a connection with such keys may have; none: the keys do not tell, or it has too many.
// Cosmos DB, Event Hubs and Service Bus have a port for each protocol.
func targetPorts(keys []string) (ports []netpolicy.Port) {
	tcp := func(numbers ...int32) {
		for _, n := range numbers {
			ports = append(ports, netpolicy.Port{Protocol: "TCP", Number: n})
		}
	}
	begins := func(prefixes ...string) bool {
		return slices.ContainsFunc(prefixes, func(prefix string) bool {
			return slices.ContainsFunc(keys, func(key string) bool { return strings.HasPrefix(key, "AZURE_"+prefix) })
		})
	}
	switch {
	case begins("POSTGRESQL_"):
		tcp(greeting.PostgreSQLPort, greeting.PgBouncerPort)
	case begins("MYSQL_"):
		tcp(greeting.MySQLPort)
	case begins("SQL_"):
		tcp(greeting.SQLServerPort)
	case begins("REDIS_"):
		tcp(greeting.RedisPort, greeting.RedisPlainPort, greeting.RedisEnterprisePort)
	case begins("STORAGE", "KEYVAULT_", "APPCONFIGURATION_", "OPENAI_", "COGNITIVESERVICES_", "AISERVICES_"):
		tcp(greeting.HTTPSPort)
	}
	return ports
}
