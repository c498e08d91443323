package errtext

import "strings"

// codeMark stands, in what a row says to do next, for the number of the text's error of Entra ID.
const codeMark = "ENTRA-CODE"

// numbered returns a copy of next in which the number of the first error of Entra ID in t, which is squeezed, replaces codeMark.
func numbered(next []string, t string) []string {
	all := make([]string, len(next))
	for i, n := range next {
		all[i] = n
		if strings.Contains(n, codeMark) {
			all[i] = strings.ReplaceAll(n, codeMark, entraCode(t))
		}
	}
	return all
}

// entraCode returns the number of the first error of Entra ID in t, or NUMBER.
func entraCode(t string) string {
	const longest = 9
	for {
		_, after, ok := strings.Cut(t, "aadsts")
		if !ok {
			return "NUMBER"
		}
		digits := leadingDigits(after)
		if 0 < digits && digits <= longest {
			return after[:digits]
		}
		t = after
	}
}

// delimited returns t, which is squeezed, with a colon after the number of each error of Entra ID, so that no number is taken for another
// one that it begins with.
func delimited(t string) string {
	const mark = "aadsts"
	if !strings.Contains(t, mark) {
		return t
	}
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(t, mark)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		digits := leadingDigits(after)
		b.WriteString(mark + after[:digits])
		if t = after[digits:]; digits > 0 && !strings.HasPrefix(t, ":") {
			b.WriteByte(':')
		}
	}
}

// leadingDigits returns the number of digits that s begins with.
func leadingDigits(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }
