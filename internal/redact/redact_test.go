package redact

import (
	"strings"
	"testing"
	"unicode"
)

func TestLine(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"plain", "aks-nodepool1-12345678-vmss000000", "aks-nodepool1-12345678-vmss000000"},
		{"other scripts", "größe 節點", "größe 節點"},
		{"terminal sequence", "a\x1b[31mred", "a\ufffd[31mred"},
		{"C1 control", "a\u009b31m", "a\ufffd31m"},
		{"line break", "one\ntwo\r", "one\ufffdtwo\ufffd"},
		{"tab", "a\tb", "a b"},
		{"right-to-left override", "a\u202eb", "a\ufffdb"},
		{"invalid UTF-8", "a\xffb", "a\ufffdb"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Line(c.in); got != c.want {
				t.Errorf("Line(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestTextKeepsLines(t *testing.T) {
	if got, want := Text("a\tb\nc\x07\r\n"), "a\tb\nc\ufffd\ufffd\n"; got != want {
		t.Errorf("Text = %q, want %q", got, want)
	}
}

func FuzzLine(f *testing.F) {
	f.Add("a\x1b]0;title\x07")
	f.Fuzz(func(t *testing.T, s string) {
		if i := strings.IndexFunc(Line(s), unicode.IsControl); i >= 0 {
			t.Errorf("Line(%q) has a control character at %d", s, i)
		}
	})
}
