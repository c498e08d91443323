// Package redact removes from text what must not reach a terminal or a file: control characters and secrets. It is pure.
package redact

import (
	"strings"
	"unicode"
)

// Line returns s made safe for one line of a report, a table or an error. Control characters, including the escape that
// starts a terminal sequence, line breaks and Unicode characters that reorder text, are replaced by U+FFFD, tabs by spaces.
// s is untrusted: an object's name, an event, a log line, an HTTP response.
func Line(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		return neutral(r)
	}, s)
}

// Text is Line for multi-line text: it keeps line breaks and tabs.
func Text(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		return neutral(r)
	}, s)
}

func neutral(r rune) rune {
	if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
		return unicode.ReplacementChar
	}
	return r
}
