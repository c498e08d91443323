package redact

import (
	"regexp"
	"slices"
	"strings"
)

// quote matches a quote in a text that may be quoted itself: JSON in JSON has \" or \u0022.
const quote = `\\*(?:["'` + "`" + `]|u002[27])`

var (
	// assignment matches a name with what separates it from its value.
	assignment = regexp.MustCompile(`([\w.-]+)(?:` + quote + `)?\s*(?:=>|:=|[:=])\s*`)
	// flag matches a flag of a command, also as an element of a list, with what separates it from its value.
	flag = regexp.MustCompile(`(?:^|[\s"'\[(=,])(--?[A-Za-z][\w.-]*)(?:(?:` + quote + `)\s*,\s*|\s+)`)
	// phrase matches a word for a password that a value may follow.
	phrase = regexp.MustCompile(`(?i)\b(passw(?:or)?d|passphrase)\s+`)

	opening = regexp.MustCompile(`^` + quote)
	// scheme matches what stands before credentials.
	scheme = regexp.MustCompile(`(?i)^(?:bearer|basic|digest|negotiate|token|apikey|sharedkey|sharedkeylite)\s+`)
	// word matches a value without quotes.
	word = regexp.MustCompile(`^[^\s,;&]+`)
	// count matches values that are said of tests and not of secrets.
	count = regexp.MustCompile(`^(?:\d{1,3}|true|false|ok)(?:[\s,;.)]|$)`)
	// failure matches why a file could not be used, as the system says it (strerror(3)).
	failure = regexp.MustCompile(`(?i)^(?:permission denied|no such file or directory|read-only file system|is a directory|not a directory)`)
	// quotedURL matches a text that ends within the path of the URL in an error of Go's net/http.
	quotedURL = regexp.MustCompile(`\b(?:Get|Head|Post|Put|Patch|Delete|Options) "https?://[^"\s?]*/$`)
	// algorithm matches words with digits that are said of passwords.
	algorithm = regexp.MustCompile(`(?i)^(?:md5|sha-?\d+|scram-sha-\d+|argon2\w*|bcrypt|pbkdf2|v\d+|oauth2|utf-?8|base64)$`)
)

// typeNames stand in usage texts where a flag's value would.
var typeNames = []string{"string", "strings", "stringArray", "file", "value", "path", "bool", "int", "duration"}

// withoutNamed removes values that have the names of secrets: password=..., "token": "...", --api-key ..., password ...
func withoutNamed(s string) string {
	s = hide(s, assignment, func(name, before, separator, after string) bool {
		switch {
		case strings.HasSuffix(name, "PWD") && strings.HasPrefix(after, "/"): // a shell's directory
			return false
		case strings.EqualFold(name, "pass") && (count.MatchString(after) || name == "PASS" && strings.HasSuffix(separator, " ")):
			return false // results of tests
		case strings.HasSuffix(before, "/") && failure.MatchString(after): // a file, as in: can't open '/etc/db/password': Permission denied
			return false
		case separator == `": ` && quotedURL.MatchString(before) && !opening.MatchString(after): // as in: Post "https://host/token": EOF
			return false
		case strings.HasPrefix(after, "parent certificate cannot sign "): // what crypto/x509 says of a certificate's signature
			return false
		}
		return isSecret(name, before) || takesCredentials(name, after)
	})
	s = hide(s, flag, func(name, _, _, after string) bool {
		return takesCredentials(name, after) ||
			isSecret(name, "") && !strings.HasPrefix(after, "-") && !slices.Contains(typeNames, word.FindString(after))
	})
	return hide(s, phrase, func(_, _, _, after string) bool {
		text := strings.Trim(word.FindString(after), `.,:;!?()[]"'\`)
		letters := strings.ContainsAny(strings.ToLower(text), "abcdefghijklmnopqrstuvwxyz")
		return letters && strings.ContainsAny(text, "0123456789@!$%^*#~") && !algorithm.MatchString(text)
	})
}

// hide replaces the values after the matches of names, whose first group is the name, where secret reports true. It is called with the
// name, the text before it, what separates it from its value, and the text that begins with the value.
func hide(s string, names *regexp.Regexp, secret func(name, before, separator, after string) bool) string {
	var b strings.Builder
	for at := 0; ; {
		match := names.FindStringSubmatchIndex(s[at:])
		if match == nil {
			b.WriteString(s[at:])
			return b.String()
		}
		from, to, value := at+match[2], at+match[3], at+match[1]
		length := 0
		if secret(s[from:to], s[:from], s[to:value], s[value:]) {
			length = valueLength(s[value:])
			if separator := s[to:value]; length == 0 && (strings.HasSuffix(separator, "=>") || strings.HasSuffix(separator, ":=")) {
				value, length = value-1, 1 // = or : is the separator, and > or = the value
			}
		}
		b.WriteString(s[at:value])
		if length > 0 {
			b.WriteString(Hidden)
		}
		at = value + length
	}
}

// valueLength returns the length of the value at the beginning of the text, with its quotes or brackets; 0: there is none.
func valueLength(text string) int {
	for at := 0; ; {
		at += len(scheme.FindString(text[at:]))
		rest := text[at:]
		if strings.HasPrefix(rest, "[") {
			if end := strings.IndexByte(rest, ']'); end >= 0 {
				return at + end + 1
			}
			return len(text)
		}
		if open := opening.FindString(rest); open != "" {
			at += len(open)
			return at + quotedLength(text[at:], open)
		}
		n := len(word.FindString(rest))
		if n == 0 {
			return at
		}
		at += n
		if end := rest[n-1]; end != ':' && (end != '=' || !isSecret(rest[:n-1], "")) {
			return at
		}
		// it is a name: the value is what follows it
		at += len(text[at:]) - len(strings.TrimLeft(text[at:], " \t"))
	}
}

// quotedLength returns the length of a value after its opening quote, with the closing one; all of the text if that is missing. In a text
// that was quoted n times, a quote has 2^n-1 backslashes, and one within the value has more.
func quotedLength(text, open string) int {
	char := strings.TrimLeft(open, `\`)
	level := len(open) - len(char)
	if len(char) > 1 { // \u0022
		if end := strings.Index(text, open); end >= 0 {
			return end + len(open)
		}
		return len(text)
	}
	backslashes := 0
	for i := range len(text) {
		switch {
		case text[i] == '\\':
			backslashes++
			continue
		case text[i] == char[0] && (backslashes < level || (backslashes-level)/(level+1)%2 == 0):
			return i + 1
		}
		backslashes = 0
	}
	return len(text)
}
