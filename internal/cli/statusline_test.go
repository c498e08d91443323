package cli

import (
	"strings"
	"testing"
)

func TestStatusLine(t *testing.T) {
	var out strings.Builder
	s := &statusLine{out: &out}
	s.set("checking hop pod")
	s.set("checking hop pod")
	s.above(func() { out.WriteString("creating job/a\n") })
	s.set("checking hop app")
	s.set("")
	s.above(func() { out.WriteString("error: no\n") })
	want := "checking hop pod" + eraseLine + "creating job/a\nchecking hop pod" + eraseLine + "checking hop app" + eraseLine + "error: no\n"
	if out.String() != want {
		t.Errorf("%q", out.String())
	}
}

func TestFit(t *testing.T) {
	for text, want := range map[string]string{"short": "short", "exactly ten": "exactl...", "über die Maßen lang": "über d..."} {
		if got := fit(text, 10); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}
