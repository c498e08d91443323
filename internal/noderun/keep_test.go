package noderun

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// What is kept is the beginning or the end, however it was written.
func TestKept(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		most, end := rnd.IntN(20), rnd.IntN(2) == 0
		k := kept{most: most, end: end}
		var all []byte
		for range rnd.IntN(12) {
			p := make([]byte, rnd.IntN(30))
			for i := range p {
				p[i] = byte(rnd.IntN(256))
			}
			all = append(all, p...)
			if n, err := k.Write(p); n != len(p) || err != nil {
				t.Fatalf("%d, %v", n, err)
			}
		}
		want := all[:min(most, len(all))]
		if end {
			want = all[max(0, len(all)-most):]
		}
		if !bytes.Equal(k.bytes(), want) || k.cut() != (len(want) < len(all)) || k.total != int64(len(all)) {
			t.Fatalf("most %d, end %v: %v of %v, want %v", most, end, k.bytes(), all, want)
		}
	}
}
