package copy

import (
	"io"
	"strings"
	"testing"
)

// TestExactly holds that a source which ends too early is an error, and one that is long enough is not.
func TestExactly(t *testing.T) {
	e := &exactly{r: strings.NewReader("abc"), left: 3, name: "x"}
	if b, err := io.ReadAll(e); string(b) != "abc" || err != nil || e.err != nil {
		t.Errorf("%q, %v, %v", b, err, e.err)
	}
	e = &exactly{r: strings.NewReader("ab"), left: 3, name: "x"}
	if _, err := io.ReadAll(e); err == nil || e.err == nil || !strings.Contains(err.Error(), "x became shorter") {
		t.Errorf("%v, %v", err, e.err)
	}
}
