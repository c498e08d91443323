package cmdline

import (
	"runtime"
	"strings"
)

// Quote renders argv for the shell of this computer's users: PowerShell on Windows, otherwise a POSIX shell. What runs elsewhere is
// rendered by Posix.
func Quote(argv []string) string { return quoteOn(runtime.GOOS, argv) }

// quoteOn is Quote on a system, a value of runtime.GOOS.
func quoteOn(system string, argv []string) string {
	if system == "windows" {
		return PowerShell(argv)
	}
	return Posix(argv)
}

// Posix renders argv for a POSIX shell. fish reads it likewise: within its single quotes a backslash escapes a quote and a backslash
// (https://fishshell.com/docs/current/language.html#quotes), so one that stands before either is put into double quotes.
func Posix(argv []string) string {
	words := make([]string, len(argv))
	for i, w := range argv {
		words[i] = w
		if w == "" || strings.ContainsFunc(w, func(r rune) bool { return !plain(r) && !strings.ContainsRune("@%,", r) }) {
			words[i] = posixWord(w)
		}
	}
	return strings.Join(words, " ")
}

func posixWord(w string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for i := range len(w) {
		switch last := i+1 == len(w); {
		case w[i] == '\'':
			b.WriteString(`'\''`)
		case w[i] == '\\' && (last || w[i+1] == '\\' || w[i+1] == '\''):
			b.WriteString(`'"\\"'`)
		default:
			b.WriteByte(w[i])
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// plain reports whether neither a POSIX shell nor PowerShell takes the character for anything but a part of a word.
func plain(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_./:=+", r)
}
