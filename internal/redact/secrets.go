package redact

import (
	"regexp"
	"strings"
	"unicode"
)

// Hidden stands where a secret was.
const Hidden = "[redacted]"

var (
	// userinfo of a URL
	userinfo = regexp.MustCompile(`(://)[^/\s@]+@`)
	// what follows a word that names a secret: password=..., "token": "...", Authorization: Bearer ..., AccountKey=...
	named = regexp.MustCompile(`(?i)([\w.-]*(?:passw(?:or)?d|pwd|secret|token|api[-_]?key|account[-_]?key|access[-_]?key|authorization|credential|cookie|signature|\bsig)[\w.-]*["']?\s*[:=]\s*)(?:(?:bearer|basic)\s+)?("[^"]*"|'[^']*'|[^\s,;&]+)`)
	// bearer tokens without a name
	bearer = regexp.MustCompile(`(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}`)
	// what a program made: long and of letters and digits
	opaque = regexp.MustCompile(`[A-Za-z0-9+_=-]{16,}`)
)

// Secrets returns s, a line of a log or a message, without what looks like a secret: credentials in URLs, values beside
// names such as password or token, bearer tokens, and long words that mix letters and digits as keys do. It takes out too
// much rather than too little: hashes in names go too, where they are long.
func Secrets(s string) string {
	s = userinfo.ReplaceAllString(s, "${1}"+Hidden+"@")
	s = named.ReplaceAllString(s, "${1}"+Hidden)
	s = bearer.ReplaceAllString(s, "${1} "+Hidden)
	return opaque.ReplaceAllStringFunc(s, func(word string) string {
		if looksMade(word) {
			return Hidden
		}
		return word
	})
}

// looksMade reports whether a long word is more likely a key than a name: one of its pieces between separators is long and
// mixes letters and digits. The names of objects are made of short pieces.
func looksMade(word string) bool {
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
