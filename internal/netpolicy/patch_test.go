package netpolicy

import "testing"

func TestPatch(t *testing.T) {
	none := Verdict{Policies: []string{"deny"}}
	some := Verdict{Policies: []string{"deny"}, Rules: []Rule{{Policy: "deny"}, {Policy: "deny", Index: 1}}}
	peer, web := NamespacePeer("web"), `{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"web"}}}`
	for want, got := range map[string]string{
		`[{"op":"add","path":"/spec/ingress","value":[{"ports":[{"protocol":"TCP","port":80}],"from":[` + web + `]}]}]`: none.Patch(
			Ingress, peer, Port{"TCP", 80},
		),
		`[{"op":"add","path":"/spec/egress/-","value":{"ports":[{"protocol":"UDP","port":53}],"to":[` + web + `]}}]`: some.Patch(
			Egress, peer, Port{"UDP", 53},
		),
	} {
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
