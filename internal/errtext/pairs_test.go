package errtext

import "testing"

// A phrase that occurs in a text is never ruled out by its pairs.
func TestPairs(t *testing.T) {
	for _, test := range []struct {
		text, phrase string
		may          bool
	}{
		{"dial tcp 10.0.0.1:443: i/o timeout", "i/o timeout", true},
		{"dial tcp 10.0.0.1:443: i/o timeout", "dial…timeout", true},
		{"dial tcp 10.0.0.1:443: i/o timeout", "^dial…timeout$", true},
		{"dial tcp 10.0.0.1:443: i/o timeout", "connection refused", false},
		{"dial tcp", "", true},
		{"", "x", true},
		{"", "xy", false},
	} {
		if may := pairsOf(test.text).mayHave(test.phrase); may != test.may {
			t.Errorf("%q in %q: %v", test.phrase, test.text, may)
		}
	}
	for _, r := range table() {
		for _, phrase := range append(append(append([]string{}, r.when...), r.and...), r.not...) {
			if text := "before " + phrase + " after"; occurs(text, phrase) && !pairsOf(text).mayHave(phrase) {
				t.Errorf("%q is ruled out in itself", phrase)
			}
		}
	}
}
