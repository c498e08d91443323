package redact

import (
	"slices"
	"strings"
	"unicode"
)

// secretWords are words that make a name that of a secret wherever they stand in it, whatever separates their parts.
var secretWords = []string{
	"password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "accountkey", "accesskey", "privatekey", "authorization",
	"credential", "cookie", "signature",
}

// harmlessKeys are the words before key in names of what is no secret: by such keys things are found.
var harmlessKeys = []string{
	"primary", "foreign", "partition", "routing", "cache", "sort", "public", "unique", "index", "row", "group", "shard", "map", "object",
	"lookup", "config", "message", "event", "topology", "resource", "hash", "range", "registry", "lock", "label", "annotation", "queue",
	"translation", "any", "idempotency", "dedup", "join", "search", "composite", "record", "item", "node",
}

// about are the last words of names of what is said about a secret, or where it is, such as token_type and password-file.
var about = []string{
	"file", "path", "dir", "url", "uri", "endpoint", "mode", "type", "ttl", "expiry", "expiration", "lifetime", "timeout", "length", "webhook",
	"permissions",
}

// keysInWords are the words before "key" as a word of its own that make it a secret.
var keysInWords = []string{"api", "access", "account", "private", "shared", "function", "functions", "subscription", "storage", "master"}

// isSecret reports whether the name, such as DB_PASS, dbPass or x-functions-key, is that of a secret. before is the text before the name.
func isSecret(name, before string) bool {
	parts := partsOf(name)
	if len(parts) == 0 {
		return false
	}
	last := parts[len(parts)-1]
	if len(parts) > 1 && slices.Contains(about, last) {
		return false
	}
	whole := strings.Join(parts, "")
	if slices.ContainsFunc(secretWords, func(word string) bool { return strings.Contains(whole, word) }) {
		return true
	}
	switch last {
	case "pass", "sig", "sas":
		return true
	case "code":
		return len(parts) == 1 && (strings.HasSuffix(before, "?") || strings.HasSuffix(before, "&"))
	case "key":
		if len(parts) > 1 {
			return !slices.Contains(harmlessKeys, parts[len(parts)-2])
		}
		words := strings.Fields(before[max(0, len(before)-20):])
		return strings.HasSuffix(before, " ") && len(words) > 0 && slices.Contains(keysInWords, strings.ToLower(words[len(words)-1]))
	}
	return false
}

// partsOf returns the parts of a name, in lower case: those between -, _ and dots, and those that begin with a capital.
func partsOf(name string) (parts []string) {
	for _, piece := range strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' || r == '.' }) {
		runes, from := []rune(piece), 0
		for i := 1; i < len(runes); i++ {
			word := unicode.IsUpper(runes[i]) && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
			if word {
				parts, from = append(parts, strings.ToLower(string(runes[from:i]))), i
			}
		}
		parts = append(parts, strings.ToLower(string(runes[from:])))
	}
	return parts
}
