package netpolicy

import "testing"

func TestPatch(t *testing.T) {
	none := Judgement{Policies: []string{"deny"}}
	some := Judgement{Policies: []string{"deny"}, Rules: []Rule{{Policy: "deny"}, {Policy: "deny", Index: 1}}}
	peer := NamespacePeer("web")
	for want, got := range map[string]string{
		`[{"op":"add","path":"/spec/ingress","value":[{"ports":[{"protocol":"TCP","port":80}],"from":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"web"}}}]}]}]`: none.Patch(In, peer, Port{"TCP", 80}),
		`[{"op":"add","path":"/spec/egress/-","value":{"ports":[{"protocol":"UDP","port":53}],"to":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"web"}}}]}}]`:    some.Patch(Out, peer, Port{"UDP", 53}),
	} {
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
