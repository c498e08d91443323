package text

import (
	"strings"
	"testing"
)

// TestCut holds that a text is cut to its rows, and that this takes time for what is printed, not for the square of the text: what comes
// from a cluster has any length.
func TestCut(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"fits in one row", "fits in one row"},
		{"this fits, but in exactly two of them", "this fits, but in exactly two of them"},
		{"this takes three rows, and one of them: is cut off", "this takes three rows, and one of ..."},
		{"averyveryverylongfirstword and anotherverylongword", "averyveryverylongfirstword and ..."},
		{strings.Repeat("word ", 1<<18), "word word word word word word word ..."},
	} {
		if got := cut(c.text, 2, 20); got != c.want {
			t.Errorf("%.60q cut to %q, want %q", c.text, got, c.want)
		}
	}
}
