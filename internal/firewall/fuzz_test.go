package firewall

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// evaluate runs Decide on some packets; it must terminate.
func evaluate(t *testing.T, rs *Ruleset) {
	t.Helper()
	unknown := Packet{Protocol: "udp", Destination: kubelet.Destination, Port: 53}
	for _, p := range []Packet{kubelet, unknown} {
		for _, way := range []Hook{Input, Output, Forward} {
			v := Decide(p, way, rs)
			if v.Action == Unknown && v.Reason == "" {
				t.Errorf("unknown without a reason: %+v", v)
			}
			for _, command := range v.Fix(p) {
				for i, word := range command.Argv() {
					if i == 0 && strings.HasPrefix(word, "-") || strings.HasPrefix(word, "--modprobe") {
						t.Errorf("not a command that is printed: %s", command)
					}
				}
			}
		}
	}
}

func seeds(f *testing.F, pattern string, add func([]byte)) {
	f.Helper()
	files, err := filepath.Glob("testdata/" + pattern)
	if err != nil || files == nil {
		f.Fatal("no seeds", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		add(b)
	}
}

func FuzzIptables(f *testing.F) {
	seeds(f, "*.save", func(b []byte) { f.Add(string(b)) })
	f.Add(filter("DROP", `-A INPUT ! -s 10.0.0.1/255.0.0.255 -p tcp -m comment --comment "a \" b" -m mark --mark 0x1/0x1 -g MINE`,
		"-A MINE -m multiport ! --dports 1:2,3 -j CONNMARK --restore-mark", "-A MINE -m iprange --src-range 1.1.1.1-2.2.2.2 -j MINE"))
	f.Fuzz(func(t *testing.T, text string) {
		for _, backend := range []string{IPTables, IP6TablesLegacy} {
			if rs, err := ParseIptables(backend, text); err == nil {
				evaluate(t, rs)
			}
		}
	})
}

func FuzzNft(f *testing.F) {
	seeds(f, "*.json", func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, text []byte) {
		if rs, err := ParseNft(text); err == nil {
			evaluate(t, rs)
		}
	})
}

func FuzzUfw(f *testing.F) {
	seeds(f, "ufw-status.txt", func(b []byte) { f.Add(string(b)) })
	f.Fuzz(func(t *testing.T, text string) {
		if u, known := ParseUfw(text); u.Active && !known {
			t.Error("active, but not known")
		}
	})
}
