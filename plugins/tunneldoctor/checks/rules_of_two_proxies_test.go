package checks

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

func TestRedirectedTwice(t *testing.T) {
	const service, pod = "10.0.0.1:443", "10.244.0.5:8443"
	called := facts.CalledService{
		Of: "hook", Service: check.Ref{Kind: "service", Namespace: "ns", Name: "hook"}, At: netip.MustParseAddrPort(service),
		Endpoints: []facts.CalledEndpoint{{At: netip.MustParseAddrPort(pod), Pod: "p", Node: "n"}},
	}
	const tail = "COMMIT\n"
	const head = "*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n-A PREROUTING -j KUBE-SERVICES\n"
	const current = head + ":KUBE-SVC-A - [0:0]\n-A KUBE-SERVICES -d 10.0.0.1/32 -p tcp -m tcp --dport 443 -j KUBE-SVC-A\n" +
		"-A KUBE-SVC-A -j DNAT --to-destination 10.244.0.5:8443\n" + tail
	const former = head + "-A KUBE-SERVICES -d 10.0.0.1/32 -p tcp -m comment --comment \"ns/hook cluster IP\" -m tcp --dport 443 -j DNAT " +
		"--to-destination 10.244.0.250:4443\n" + tail
	const other = head + "-A KUBE-SERVICES -d 10.0.0.2/32 -p tcp -m tcp --dport 443 -j DNAT --to-destination 10.244.0.250:4443\n" + tail
	for name, c := range map[string]struct {
		iptables, legacy string
		pod              nodecheck.Outcome
		found            bool
	}{
		"left over":               {current, former, nodecheck.Connected, true},
		"both are current":        {current, current, nodecheck.Connected, false},
		"the pod is not reached":  {current, former, nodecheck.TimedOut, false},
		"of another Service":      {current, other, nodecheck.Connected, false},
		"kube-proxy uses legacy":  {"", current, nodecheck.Connected, false},
		"none is left over":       {current, "", nodecheck.Connected, false},
		"rules that do not parse": {current, "*nat\n-A\n", nodecheck.Connected, false},
	} {
		report := facts.NodeReport{Node: "n", Report: nodecheck.Result{Filters: &nodecheck.Filters{Iptables: c.iptables, Legacy: c.legacy}}}
		f, found := redirectedTwice(called, []try{{
			node: "n", client: netip.MustParseAddr("10.244.0.9"), report: report,
			services: map[string]nodecheck.Outcome{service: nodecheck.TimedOut, pod: c.pod},
		}})
		if found != c.found {
			t.Errorf("%s: found is %v: %+v", name, found, f)
		}
		if !found {
			continue
		}
		command := f.Fixes[0].Commands[0].String()
		if !strings.Contains(f.Cause, "a rule in iptables-legacy redirects it to what is no endpoint") ||
			!strings.Contains(command, "iptables-legacy -t nat -D KUBE-SERVICES") {
			t.Errorf("%s: %s\n%s", name, f.Cause, command)
		}
	}
}
