package redact

import (
	"regexp"
	"strings"
)

// Hidden replaces a secret.
const Hidden = "[redacted]"

var (
	// privateKey matches a private key in PEM, whose line breaks may have become blanks.
	privateKey = regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)`)
	// header matches a Cookie or Set-Cookie header with the quote before it and its value, which has blanks.
	header = regexp.MustCompile(`(?i)(?:^|[^\w.-])(?:set-)?cookie\s*:[^\n]*`)
	// bearer matches a bearer token or basic credentials without a name.
	bearer = regexp.MustCompile(`(?i)\b(?:bearer|basic)\s+[\w.~+/=-]{8,}`)
	// schemes matches words that are not a token but the scheme's description.
	schemes = regexp.MustCompile(`(?i)\s(?:authentication|authorization\w*=?)$`)
	// guid matches a GUID that is said to be a secret.
	guid = regexp.MustCompile(`(?i)((?:secret|password|passphrase)(?:\s+(?:value|is|was))*[\s"':=(]+)` +
		`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
)

// Secrets returns s, a log line or a message, without anything that looks like a secret: credentials in URLs and before hosts, values
// after names such as password or token, also in XML, cookies, bearer tokens, private keys, and long words that mix letters and digits as
// keys do. It removes too much rather than too little: long hashes in names are removed too. Secrets of its result returns the same.
func Secrets(s string) string {
	s = privateKey.ReplaceAllString(s, Hidden)
	s = withoutUserinfo(s)
	s = withoutCookies(s)
	s = withoutSettings(s)
	s = withoutNamed(s)
	s = bearer.ReplaceAllStringFunc(s, func(match string) string {
		if schemes.MatchString(match) {
			return match
		}
		name, _, _ := strings.Cut(match, match[strings.IndexAny(match, " \t\n\f\r"):])
		return name + " " + Hidden
	})
	s = guid.ReplaceAllString(s, "${1}"+Hidden)
	return withoutCredentials(withoutGenerated(s))
}

// withoutCookies removes the values of Cookie and Set-Cookie headers: the rest of the line, or up to the quote that encloses the header.
func withoutCookies(s string) string {
	return header.ReplaceAllStringFunc(s, func(match string) string {
		name, value, _ := strings.Cut(match, ":")
		rest := ""
		if quote := name[0]; quote == '"' || quote == '\'' {
			if i := strings.IndexByte(value, quote); i >= 0 {
				value, rest = value[:i], value[i:]
			}
		}
		if strings.TrimSpace(value) == "" {
			return match
		}
		return name + ": " + Hidden + rest
	})
}
