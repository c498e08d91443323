package copy

import (
	"io"
	"strings"
	"testing"
)

func TestExactReader(t *testing.T) {
	e := &exactReader{r: strings.NewReader("abc"), left: 3, name: "x"}
	if b, err := io.ReadAll(e); string(b) != "abc" || err != nil || e.err != nil {
		t.Errorf("%q, %v, %v", b, err, e.err)
	}
	e = &exactReader{r: strings.NewReader("ab"), left: 3, name: "x"}
	if _, err := io.ReadAll(e); err == nil || e.err == nil || !strings.Contains(err.Error(), "x shrank") {
		t.Errorf("%v, %v", err, e.err)
	}
}
