package errtext

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSequence limits the length of a terminal sequence, so that a lone escape does not swallow the text.
const maxSequence = 128

// escapes replaces JSON's and Go's escapes of characters that matter here.
var escapes = strings.NewReplacer(`\n`, " ", `\r`, " ", `\t`, " ", `\u003e`, ">", `\u003c`, "<", `\u0026`, "&", `\u0022`, "", `\u0027`, "")

// inPod keeps Go's network names from merging with the address after them. Kubelets use these networks to connect inside a
// pod; that address is not the target.
var inPod = strings.NewReplacer("dial tcp4 ", "dial tcp4?", "dial tcp6 ", "dial tcp6?")

// links are addresses of which a forum made links: [https://a](https://a).
var links = regexp.MustCompile(`\[(https?://[^\]\s]+)\]\(https?://[^)\s]*\)`)

// squeeze returns s without what a terminal, a shell or a log may add or remove: white space, control and format characters,
// terminal sequences, quotes and backslashes; ASCII letters become lower case.
func squeeze(s string) string {
	if strings.ContainsRune(s, '\\') {
		s = escapes.Replace(s)
	}
	if strings.Contains(s, "](http") {
		s = links.ReplaceAllString(s, "$1")
	}
	s = inPod.Replace(s)
	b := make([]byte, 0, len(s))
	skip := 0 // where the text continues after a terminal sequence
	for i, r := range s {
		if i < skip {
			continue
		}
		switch {
		case r == '\x1b' || r == '\u009b':
			skip = i + sequence(s[i:])
		case unicode.IsSpace(r), strings.ContainsRune("\"'`\\“”‘’", r), unicode.IsControl(r), unicode.Is(unicode.Cf, r):
		case 'A' <= r && r <= 'Z':
			b = append(b, byte(r)+'a'-'A')
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return string(b)
}

// sequence returns the length of the terminal sequence that s starts with (ECMA-48); only that of its introducer if the
// sequence is too long or invalid.
func sequence(s string) int {
	head, isString := 0, false
	switch {
	case strings.HasPrefix(s, "\x1b["), strings.HasPrefix(s, "\u009b"):
		head = 2
	case strings.HasPrefix(s, "\x1b]"):
		head, isString = 2, true
	default:
		return 1
	}
	for i := head; i < min(len(s), maxSequence); i++ {
		switch c := s[i]; {
		case isString && (c == '\a' || c == '\x1b'):
			return i + 1
		case isString:
		case '@' <= c && c <= '~':
			return i + 1
		case c < ' ' || c > '~': // not a sequence
			return head
		}
	}
	return head
}
