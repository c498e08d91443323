package redact

import (
	"regexp"
	"strings"
	"unicode"
)

// Hidden replaces a secret.
const Hidden = "[redacted]"

var (
	// userinfo matches the user information of a URL.
	userinfo = regexp.MustCompile(`(://)[^/\s@]+@`)
	// named matches a value after the name of a secret: password=..., "token": "...", Authorization: Bearer ..., AccountKey=...
	named = regexp.MustCompile(`(?i)([\w.-]*(?:passw(?:or)?d|pwd|secret|token|api[-_]?key|account[-_]?key|access[-_]?key|` +
		`authorization|credential|cookie|signature|\bsig)[\w.-]*["']?\s*[:=]\s*)` +
		`(?:(?:bearer|basic)\s+)?("[^"]*"|'[^']*'|[^\s,;&]+)`)
	// bearer matches a bearer token or basic credentials without a name.
	bearer = regexp.MustCompile(`(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}`)
	// opaque matches a long word that may be a generated key.
	opaque = regexp.MustCompile(`[A-Za-z0-9+_=-]{16,}`)
)

// Secrets returns s, a log line or a message, without anything that looks like a secret: credentials in URLs, values after
// names such as password or token, bearer tokens, and long words that mix letters and digits as keys do. It removes too much
// rather than too little: long hashes in names are removed too.
func Secrets(s string) string {
	s = userinfo.ReplaceAllString(s, "${1}"+Hidden+"@")
	s = named.ReplaceAllString(s, "${1}"+Hidden)
	s = bearer.ReplaceAllString(s, "${1} "+Hidden)
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
