// Package redact keeps out of our output what must not reach a terminal or a file.
package redact

import (
	"strings"
	"unicode"
)

// Line returns s as it may stand in one line of a report, a table or an error: control characters, among them the
// escape that starts a terminal sequence, line breaks and the Unicode characters that reorder text, are replaced by
// U+FFFD; tabs become blanks. s may come from anyone: an object's name, an event, a log, an HTTP answer.
func Line(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		return neutral(r)
	}, s)
}

// Text is Line for text of several lines: it keeps line breaks and tabs.
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
