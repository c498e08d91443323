package checks

import (
	"net/netip"
	"testing"

	"github.com/akstools/akstools/internal/firewall"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// Where rules of both backends drop the packet, it is always the same one that is reported.
func TestEnteringReportsTheSameRule(t *testing.T) {
	save := func(chain string) string {
		return "*filter\n:INPUT ACCEPT [0:0]\n:" + chain + " - [0:0]\n-A INPUT -j " + chain + "\n-A " + chain + " -p tcp --dport 10250 -j DROP\nCOMMIT\n"
	}
	report := facts.NodeReport{Node: "node-1", Report: nodecheck.Result{Filters: &nodecheck.Filters{Iptables: save("ONE"), Legacy: save("TWO")}}}
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
