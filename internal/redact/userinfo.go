package redact

import (
	"regexp"
	"strings"
)

var (
	// afterScheme matches what follows a URL's scheme, and one more word, which may be the rest of a password with a blank.
	afterScheme = regexp.MustCompile(`^[^\s"'<>]*(?: [^\s"'<>]*)?`)
	// port matches what may follow a host and a colon in a text.
	port = regexp.MustCompile(`^\d*[,:;.)\]]*$`)
)

// withoutUserinfo removes the user information of URLs. A password that is not escaped as it should be may hold @, /, ?, # and a blank.
func withoutUserinfo(s string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "://")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		b.WriteString("://")
		s = rest
		here, _, _ := strings.Cut(rest, "://")
		if n := userinfo(afterScheme.FindString(here)); n > 0 {
			b.WriteString(Hidden)
			s = rest[n:]
		}
	}
}

// userinfo returns the length of the user information at the beginning of the text, which follows a URL's scheme.
func userinfo(text string) int {
	word, _, _ := strings.Cut(text, " ")
	host := word
	if i := strings.IndexAny(word, "/?#"); i >= 0 {
		host = word[:i]
	}
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		return i
	}
	_, password, ok := strings.Cut(host, ":")
	if !ok || port.MatchString(password) || strings.HasPrefix(host, "[") {
		return 0 // a host, perhaps with its port: an @ that follows is not of the user information
	}
	if i := strings.LastIndexByte(word, '@'); i >= 0 {
		return i
	}
	return max(0, strings.LastIndexByte(text, '@'))
}
