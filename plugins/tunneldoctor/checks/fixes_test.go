package checks

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/firewall"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// The title of a fix describes what its commands do: not every rule is deleted.
func TestFixTitle(t *testing.T) {
	from, to := netip.MustParseAddr("10.0.0.5"), netip.MustParseAddr("10.0.0.4")
	packet := firewall.Packet{Protocol: "tcp", Source: from, Destination: to, Port: facts.KubeletPort}
	for name, c := range map[string]struct{ rules, want string }{
		"a rule about the port": {":INPUT ACCEPT [0:0]\n-A INPUT -p tcp --dport 10250 -j DROP", "delete this rule"},
		"a rule about more":     {":INPUT ACCEPT [0:0]\n-A INPUT -p tcp -j DROP", "accept the port before this rule"},
		"a chain's policy":      {":INPUT DROP [0:0]", "accept the port before the chain's policy applies"},
		"ufw": {
			":INPUT ACCEPT [0:0]\n:ufw-user-input - [0:0]\n" +
				"-A INPUT -j ufw-user-input\n-A ufw-user-input -p tcp --dport 10250 -j DROP", "allow the port in ufw",
		},
		"ufw before the user's rules": {
			":INPUT ACCEPT [0:0]\n:ufw-before-input - [0:0]\n" +
				"-A INPUT -j ufw-before-input\n-A ufw-before-input -p tcp --dport 10250 -j DROP", "delete this rule",
		},
	} {
		r, err := firewall.ParseIptables(firewall.IPTables, "*filter\n"+c.rules+"\nCOMMIT\n")
		if err != nil {
			t.Fatal(err)
		}
		v := firewall.Decide(packet, firewall.Input, r)
		if got := fixTitle(v, v.Fix(packet)); !v.Blocked() || got != c.want {
			t.Errorf("%s: %s, title %q, want %q", name, v.Action, got, c.want)
		}
	}
}

// A firewall that could not be evaluated is not said to allow anything.
func TestUnknownFirewallIsNotAnAllowingOne(t *testing.T) {
	open := "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
	from, to := netip.MustParseAddr("10.0.0.5"), netip.MustParseAddr("10.0.0.4")
	nodes := facts.NodeList{Items: []podhealth.Node{{Name: "a", IP: from}, {Name: "b", IP: to}}}
	known := nodecheck.Result{Filters: &nodecheck.Filters{Iptables: open}}
	for _, c := range []struct {
		agents, target nodecheck.Result
		unknown        bool
	}{
		{known, known, false},
		{nodecheck.Result{}, known, true},
		{known, nodecheck.Result{}, true},
	} {
		path := facts.BrokenPath{From: facts.NodeReport{Node: "a", Report: c.agents}, To: nodes.Items[1]}
		if got := firewallsAllow(nodes, path, facts.NodeReport{Node: "b", Report: c.target}); got == c.unknown {
			t.Errorf("%+v: %v", c, got)
		}
	}
	if got := outsideCause(firewall.Verdict{}, "", false); !strings.Contains(got, "unknown") {
		t.Error(got)
	}
	if got := outsideCause(firewall.Verdict{Action: firewall.Accept}, "", false); strings.Contains(got, "unknown") {
		t.Error(got)
	}
}

// The tunnel server is at fault only where the handshakes with it are known to succeed.
func TestServerAtFault(t *testing.T) {
	for _, c := range []struct {
		view         agentView
		works, fault bool
	}{
		{agentView{lines: []string{"x"}, reaches: true}, true, true},
		{agentView{lines: []string{"x"}}, false, false},
		{agentView{silent: true, reaches: true}, true, false},
		{agentView{silent: true}, false, false},
		{agentView{}, false, false},
	} {
		_, cause := c.view.problem(facts.Agent{})
		works, fault := strings.Contains(cause, "work from the agent"), strings.Contains(cause, "server is at fault")
		if works != c.works || fault != c.fault {
			t.Errorf("%+v: %s", c.view, cause)
		}
	}
}
