package checks

import (
	"net/netip"
	"testing"

	"github.com/akstools/akstools/internal/firewall"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// If rules of both backends drop the packet, always the same one is reported.
func TestEvaluateIngressReportsTheSameRule(t *testing.T) {
	save := func(chain string) string {
		return "*filter\n:INPUT ACCEPT [0:0]\n:" + chain + " - [0:0]\n" +
			"-A INPUT -j " + chain + "\n-A " + chain + " -p tcp --dport 10250 -j DROP\nCOMMIT\n"
	}
	filters := &nodecheck.Filters{Iptables: save("ONE"), Legacy: save("TWO")}
	report := facts.NodeReport{Node: "node-1", Report: nodecheck.Result{Filters: filters}}
	for range 50 {
		v, _, err := evaluateIngress(report, netip.MustParseAddr("10.0.0.5"), netip.MustParseAddr("10.0.0.4"))
		if err != nil {
			t.Fatal(err)
		}
		if v.Rule == nil || v.Rule.Backend != firewall.IPTables || v.Rule.Chain != "ONE" {
			t.Fatalf("%s by %+v", v.Action, v.Rule)
		}
	}
}
