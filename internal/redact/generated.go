package redact

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	// opaque matches a long word that may be a generated key.
	opaque = regexp.MustCompile(`[A-Za-z0-9+_=-]{16,}`)
	// base64 matches a long word that may be a key in base64, or a path.
	base64 = regexp.MustCompile(`[A-Za-z0-9+/]{32,}={0,2}`)
	// hexadecimal matches a part of a GUID or a hash.
	hexadecimal = regexp.MustCompile(`^[0-9a-f]*$`)
)

// withoutGenerated removes long words that are more likely keys than names.
func withoutGenerated(s string) string {
	s = base64.ReplaceAllStringFunc(s, func(word string) string {
		if looksRandom(word) {
			return Hidden
		}
		return word
	})
	return opaque.ReplaceAllStringFunc(s, func(word string) string {
		if looksGenerated(word) {
			return Hidden
		}
		return word
	})
}

// looksGenerated reports whether a long word is more likely a key than a name: one of its parts between separators is long
// and mixes letters and digits. Names of objects consist of short parts.
func looksGenerated(word string) bool {
	for _, piece := range strings.FieldsFunc(word, func(r rune) bool { return r == '-' || r == '_' }) {
		letters, digits := 0, 0
		for _, r := range piece {
			switch {
			case unicode.IsDigit(r):
				digits++
			case unicode.IsLetter(r):
				letters++
			}
		}
		if len(piece) >= 16 && letters > 0 && digits > 0 {
			return true
		}
	}
	return false
}

// looksRandom reports whether a long word of base64's characters is more likely a key than a path: between its characters, capitals, small
// letters and digits alternate often, as they do not in names.
func looksRandom(word string) bool {
	if !strings.ContainsAny(word, "+/") || word[0] == '/' {
		return false
	}
	length, changes := 0, 0
	var seen [4]bool
	for piece := range strings.SplitSeq(word, "/") {
		if hexadecimal.MatchString(piece) {
			continue
		}
		length += len(piece)
		for i := range len(piece) {
			seen[kind(piece[i])] = true
			if i > 0 && kind(piece[i]) != kind(piece[i-1]) {
				changes++
			}
		}
	}
	return length >= 24 && 4*changes >= length && seen[small] && seen[capital] && seen[digit]
}

const (
	other = iota
	small
	capital
	digit
)

func kind(c byte) int {
	switch {
	case 'a' <= c && c <= 'z':
		return small
	case 'A' <= c && c <= 'Z':
		return capital
	case '0' <= c && c <= '9':
		return digit
	}
	return other
}
