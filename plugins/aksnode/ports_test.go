package aksnode

import "testing"

func TestParseForwarding(t *testing.T) {
	for text, want := range map[string]forwarding{
		"3389":               {"127.0.0.1", 3389, 3389},
		"13389:3389":         {"127.0.0.1", 13389, 3389},
		":3389":              {"127.0.0.1", 0, 3389},
		"0:3389":             {"127.0.0.1", 0, 3389},
		"0.0.0.0:13389:3389": {"0.0.0.0", 13389, 3389},
		"[::1]:1:2":          {"::1", 1, 2},
		"localhost::2":       {"localhost", 0, 2},
	} {
		if got, err := parseForwarding(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", ":", "0", "a", "1:", "70000", "1:70000", "-1", "host:1:2", "1:2:3:4", "+80", "[::1:1:2:"} {
		if got, err := parseForwarding(text); err == nil {
			t.Errorf("%q was accepted as %+v", text, got)
		}
	}
}

func FuzzParseForwarding(f *testing.F) {
	f.Add("[::1]:1:2")
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := parseForwarding(text); err == nil && (got.remote == 0 || got.addr == "") {
			t.Errorf("%q: %+v", text, got)
		}
	})
}
