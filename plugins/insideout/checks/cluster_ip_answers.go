package checks

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// ClusterIPAnswers finds ClusterIPs that fail although the pods answer.
var ClusterIPAnswers = &check.Check{
	Code: "INS0401",
	Name: "cluster-ip-answers",
	Hop:  hopClusterIP,
	Doc: `the ClusterIP accepts connections

kube-proxy (or Cilium) on the client's node translates the ClusterIP into an endpoint's address. If the pods answer at their
own addresses and the ClusterIP does not, that node's rules are missing or stale, or something drops the packets.`,
	Sources: []string{"https://kubernetes.io/docs/reference/networking/virtual-ips/"},
	After: []*check.Check{
		TargetPortIsListenedOn, TargetPortNameExists, ProtocolMatches, EndpointsExist, EndpointsMatchPods, NetworkPoliciesLetClientIn,
	},
	Needs: []check.Need{facts.Service, facts.Pods, facts.Slices, facts.Answers, facts.ClusterIP, facts.KubeProxy, facts.SliceServices},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, err := facts.Service.Get(p)
		if err != nil {
			return nil, err
		}
		if s.ClusterIP == "" {
			p.Skip("the Service has no ClusterIP: it is headless or an ExternalName")
			return nil, nil
		}
		answers, ok, err := appAnswers(p)
		if err != nil || !ok {
			return nil, err
		}
		if !slices.ContainsFunc(answers.Items, func(a facts.AppAnswer) bool { return !packetsLost(a) }) {
			p.Skip("the pods do not answer the test pod at their own addresses")
			return nil, nil
		}
		if s.InternalTrafficLocal && !hasLocalPod(p, s, answers.From) {
			p.Skip("internalTrafficPolicy is Local, and node %s, where the test pod runs, has no pod of the Service", answers.From)
			return nil, nil
		}
		ip, err := facts.ClusterIP.Get(p)
		if err != nil {
			return nil, err
		}
		if ip.PodsLost {
			return nil, errors.New("the pods answered the test pod at first, and stopped before the ClusterIP was tried: try again")
		}
		var fs []check.Finding
		chance := false
		for _, item := range ip.Items {
			bad := slices.DeleteFunc(slices.Clone(item.Outcomes), func(o string) bool { return o == endpoints.Connected })
			if len(bad) == 0 || podsSilent(answers, item.Port) {
				continue
			}
			if metFailingPods(answers, item.Port, bad) {
				chance = chance || len(bad) == len(item.Outcomes)
				continue
			}
			f := check.Finding{
				Severity: check.Error,
				Target:   check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name},
				Summary: fmt.Sprintf("ClusterIP %s port %d fails for %d of %d %s from node %s (%s), but the pods answer",
					s.ClusterIP, item.Port.Number, len(bad), len(item.Outcomes), trafficNoun(item.Port), ip.From, bad[0]),
			}
			if len(bad) < len(item.Outcomes) {
				f.Severity = check.Warning
			}
			f.Cause, f.Fixes = clusterIPCause(p, s, ip.From, bad[0])
			if endpointsDiffer(p, s) { // by chance every connection may have gone to the wrong addresses
				f.Severity = check.Warning
				f.Cause = fmt.Sprintf("the EndpointSlices also list wrong addresses (%s), and connections go there", EndpointsMatchPods.Code)
			}
			fs = append(fs, f)
		}
		if chance && len(fs) == 0 {
			p.Skip("all connections failed as some of the pods do, and may have met these: see the hop app")
		}
		return fs, nil
	},
}

// metFailingPods reports whether the failed connections to the port may all have met pods that fail in the same way at their own addresses:
// kube-proxy chooses a pod for each by chance. Less than one in a hundred is no chance.
func metFailingPods(answers facts.AppAnswers, port endpoints.Port, bad []string) bool {
	all, failing := 0, 0
	for _, a := range answers.Items {
		if a.Service == port {
			all++
			if a.Connect == bad[0] {
				failing++
			}
		}
	}
	if failing == 0 || slices.ContainsFunc(bad, func(o string) bool { return o != bad[0] }) {
		return false
	}
	return math.Pow(float64(failing)/float64(all), float64(len(bad))) > 0.01
}

// podsSilent reports whether packets to the port's pods are lost too, for example if policies allow other ports only. Earlier
// checks evaluate that.
func podsSilent(answers facts.AppAnswers, port endpoints.Port) bool {
	of := slices.DeleteFunc(slices.Clone(answers.Items), func(a facts.AppAnswer) bool { return a.Service != port })
	return len(of) > 0 && !slices.ContainsFunc(of, func(a facts.AppAnswer) bool { return !packetsLost(a) })
}

// trafficNoun is "connections" or "datagrams".
func trafficNoun(port endpoints.Port) string {
	if port.Protocol == "UDP" {
		return "datagrams"
	}
	return "connections"
}

// endpointsDiffer reports whether the EndpointSlices differ from the Ready pods.
func endpointsDiffer(p *check.Pass, s facts.ServiceInfo) bool {
	pods, err := facts.Pods.Get(p)
	if err != nil || len(s.Selector) == 0 {
		return false
	}
	all, err := facts.Slices.Get(p)
	return err == nil && len(endpointDifferences(s, pods, all)) > 0
}

// clusterIPCause says why the ClusterIP fails from the node: what the Service asks for comes before what serves it.
func clusterIPCause(p *check.Pass, s facts.ServiceInfo, node, outcome string) (string, []check.Fix) {
	if s.ProxyName != "" {
		return leftToProxy(s)
	}
	if owners, err := facts.SliceServices.Get(p); err == nil && len(s.Selector) == 0 {
		for _, address := range slices.Sorted(maps.Keys(owners)) {
			owner := owners[address]
			return fmt.Sprintf("its endpoint %s is the virtual address of another Service, %s/%s: kube-proxy translates a connection once only",
					address, owner.Namespace, owner.Name),
				[]check.Fix{fix("put the addresses of pods or of machines into the EndpointSlice, or use an ExternalName", getSlices(s, "-o", "yaml"))}
		}
	}
	return proxyCause(p, node, outcome)
}

// leftToProxy says that the Service asks kube-proxy not to serve it.
func leftToProxy(s facts.ServiceInfo) (string, []check.Fix) {
	return fmt.Sprintf("by its label %s, kube-proxy leaves the Service to another proxy, %s, which does not serve it on this node",
			facts.ServiceProxyLabel, s.ProxyName),
		[]check.Fix{fix("remove the label, if no such proxy is installed",
			cmdline.Kubectl("label", "service", s.Name, "-n", s.Namespace, facts.ServiceProxyLabel+"-"),
		)}
}

func hasLocalPod(p *check.Pass, s facts.ServiceInfo, node string) bool {
	pods, err := facts.Pods.Get(p)
	return err == nil && slices.ContainsFunc(pods.Serving(s), func(pod podhealth.Pod) bool { return pod.Node == node })
}

func proxyCause(p *check.Pass, node, outcome string) (string, []check.Fix) {
	proxy, err := facts.KubeProxy.Get(p)
	if err != nil {
		return "kube-proxy's rules on the node are missing or stale; whether it runs is unknown: " + err.Error(), []check.Fix{seeRules(node)}
	}
	return proxyState(proxy, outcome)
}

func seeRules(node string) check.Fix {
	return fix("show the node's rules for the Service", cmdline.Kubectl("aksnode", "ssh", node, "--", "iptables-save", "-t", "nat"))
}

// proxyState says how the state of kube-proxy on its node explains the outcome of connections.
func proxyState(proxy facts.Proxy, outcome string) (string, []check.Fix) {
	node, see := proxy.Node, seeRules(proxy.Node)
	switch {
	case len(proxy.Pods) == 0:
		return fmt.Sprintf("no kube-proxy pod runs on node %s, so nothing updates the node's Service rules, "+
				"unless Cilium or another program replaces kube-proxy", node),
			[]check.Fix{
				fix("find out why kube-proxy does not run there", cmdline.Kubectl("get", "daemonset", "kube-proxy", "-n", "kube-system", "-o", "wide")),
				see,
				fix("if Cilium replaces it, show what Cilium does with the Service",
					cmdline.Kubectl("exec", "-n", "kube-system", "ds/cilium", "--", "cilium-dbg", "service", "list")),
			}
	case !proxy.Ready:
		return fmt.Sprintf("kube-proxy on node %s (pod %s) is not Ready, so its rules may be stale", node, proxy.Pods[0]),
			[]check.Fix{fix("show kube-proxy's log", cmdline.Kubectl("logs", proxy.Pods[0], "-n", "kube-system", "--tail=50")), see}
	case outcome == endpoints.Refused:
		return fmt.Sprintf("kube-proxy runs on node %s; a rule on the node refuses the connections, "+
			"as kube-proxy's own rules do if it knows no endpoint", node), []check.Fix{see}
	}
	return fmt.Sprintf("kube-proxy runs on node %s; a rule on the node or in the network drops the packets, "+
		"or kube-proxy lags behind", node), []check.Fix{see}
}
