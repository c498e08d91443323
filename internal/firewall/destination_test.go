package firewall

import "testing"

func TestDestination(t *testing.T) {
	for text, want := range map[string]string{
		"-A KUBE-SEP-A -p tcp -j DNAT --to-destination 10.244.0.5:8443": "10.244.0.5:8443",
		"-A X -p tcp -j DNAT --to-destination 10.0.0.1":                 "",
		"-A X -p tcp -j DNAT --to-destination 10.0.0.1-10.0.0.9:80":     "",
		"-A X -p tcp -j DNAT --to-destination":                          "",
		`-A X -m comment --comment "--to-destination 10.0.0.1:1" -j Y`:  "",
		"-A X -j Y": "",
		`-A X "`:    "",
	} {
		to, ok := Rule{Text: text}.Destination()
		if ok != (want != "") || ok && to.String() != want {
			t.Errorf("%s: %v %v", text, to, ok)
		}
	}
}
