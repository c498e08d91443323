package redact

import "regexp"

const (
	less    = `(?:<|&lt;|\\+u003[cC])`
	greater = `(?:>|&gt;|\\+u003[eE])`
)

var (
	// element matches an XML element that holds only text, up to its end tag. Its brackets may be escaped as in HTML or JSON.
	element = regexp.MustCompile(`(` + less + `(?:[\w-]+:)?([\w.-]+)(\s[^<>\n]*?)?` + greater + `)` +
		`(?:<!\[CDATA\[[^\n]*?\]\]>|[^<\n]+?)` + less + `/`)
	// named matches an attribute that gives an element the name of a setting.
	named  = regexp.MustCompile(`(?i)\b(?:name|key)=` + quote + `([\w.-]+)` + quote)
	endTag = regexp.MustCompile(less + `/$`)
	// setting matches a name and what separates it from its value, where both are values themselves: name="password" value="x".
	setting = regexp.MustCompile(`(?i)\b(?:name|key)(?:` + quote + `)?\s*[:=]\s*` + quote + `([\w.-]+)` + quote + `\s*,?\s*(?:` +
		quote + `)?value(?:` + quote + `)?\s*[:=]\s*`)
)

// withoutSettings removes the contents of XML elements that have the names of secrets, and the values of settings, in XML and JSON.
func withoutSettings(s string) string {
	s = element.ReplaceAllStringFunc(s, func(match string) string {
		parts := element.FindStringSubmatch(match)
		start, name, attributes := parts[1], parts[2], parts[3]
		secret := isSecret(name, "")
		if n := named.FindStringSubmatch(attributes); n != nil {
			secret = secret || isSecret(n[1], "")
		}
		if !secret {
			return match
		}
		return start + Hidden + endTag.FindString(match)
	})
	return hide(s, setting, func(name, _, _, _ string) bool { return isSecret(name, "") })
}
