package errtext

import "strings"

// pairs are the pairs of neighboring bytes in a text. Most phrases of the table hold one that the text does not, which is found out
// faster than by a search for each of them.
type pairs [1 << 10]uint64

func pairsOf(text string) *pairs {
	var p pairs
	for i := 1; i < len(text); i++ {
		word, bit := pair(text[i-1], text[i])
		p[word] |= bit
	}
	return &p
}

// pair returns the word and the bit of it that stand for a pair.
func pair(a, b byte) (word int, bit uint64) {
	n := int(a)<<8 | int(b)
	return n >> 6, 1 << (n & 63)
}

// mayHave reports whether the text has all pairs of ASCII in the phrase, without which the phrase does not occur in it.
func (p *pairs) mayHave(phrase string) bool {
	phrase = strings.TrimSuffix(strings.TrimPrefix(phrase, "^"), "$")
	for i := 1; i < len(phrase); i++ {
		if phrase[i-1]|phrase[i] >= 0x80 { // beside or in a "…"
			continue
		}
		if word, bit := pair(phrase[i-1], phrase[i]); p[word]&bit == 0 {
			return false
		}
	}
	return true
}
