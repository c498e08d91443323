package doctor

import (
	"bytes"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/fact"
)

type env struct{ fact.Memo }

// A bundle that --from would refuse is not written.
func TestUnreadableBundlesAreNotWritten(t *testing.T) {
	numbers := &fact.Fact[*env, []int]{Name: "numbers"}
	for n, says := range map[int]string{10: "", 600_000: "holds more than", 10_000_000: "larger than"} {
		e := &env{}
		fact.Put(e, numbers, make([]int, n))
		var file bytes.Buffer
		err := (&Options{Plugin: "doctor"}).writeBundle(&file, []*fact.Memo{&e.Memo})
		if says == "" {
			if err != nil || readable(file.Bytes(), "doctor") != nil {
				t.Errorf("%d: %v", n, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), says) || file.Len() > 0 {
			t.Errorf("%d: %v, and %d bytes were written", n, err, file.Len())
		}
	}
}
