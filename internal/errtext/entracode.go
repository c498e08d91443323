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
		digits := 0
		for digits < len(after) && '0' <= after[digits] && after[digits] <= '9' {
			digits++
		}
		if 0 < digits && digits <= longest {
			return after[:digits]
		}
		t = after
	}
}
