package cmdline

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"
)

// PowerShell renders argv for PowerShell (https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_parsing
// and about_quoting_rules). Up to version 7.2 it does not escape a double quote in what it passes to a program, later ones do, so no
// rendering of one is right for both: JSON, which kubectl also takes as YAML, is rendered without any, and in other words a double quote
// is escaped for the older ones. With the newer ones such a word gets a backslash too many, but stays one word.
func PowerShell(argv []string) string {
	words := make([]string, len(argv))
	for i, w := range argv {
		words[i] = powerShellWord(w)
	}
	return strings.Join(words, " ")
}

func powerShellWord(w string) string {
	unusual := func(r rune) bool { return !plain(r) }
	split := strings.HasPrefix(w, "-") && strings.ContainsAny(w, ".:") // a word such as -a.b is taken for two
	if w != "" && !split && !strings.ContainsFunc(w, unusual) {
		return w
	}
	if strings.ContainsRune(w, '"') {
		if yaml, ok := flow(w); ok {
			w = yaml
		}
	}
	var b strings.Builder
	b.WriteByte('\'')
	slashes := 0 // right before the character
	for _, r := range w {
		switch r {
		case '\'', '‘', '’', '‚', '‛': // each of them ends the string
			b.WriteRune(r)
		case '"':
			b.WriteString(strings.Repeat(`\`, slashes+1))
		}
		b.WriteRune(r)
		if slashes++; r != '\\' {
			slashes = 0
		}
	}
	if strings.ContainsAny(w, " \t\n") { // then PowerShell puts double quotes around it, which a last backslash would escape
		b.WriteString(strings.Repeat(`\`, slashes))
	}
	b.WriteByte('\'')
	return b.String()
}

// flow returns a JSON object or list as YAML without double quotes. ok is false for other text, and for strings that need them.
func flow(text string) (yaml string, ok bool) {
	if !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
		return "", false
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var value any
	if d.Decode(&value) != nil {
		return "", false
	}
	if _, err := d.Token(); err != io.EOF { //nolint:errorlint // Token returns it as it is
		return "", false
	}
	var b bytes.Buffer
	ok = writeFlow(&b, value)
	return b.String(), ok
}

// writeFlow writes the value; it returns false if that needs double quotes.
func writeFlow(b *bytes.Buffer, value any) bool {
	switch v := value.(type) {
	case map[string]any:
		b.WriteByte('{')
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				b.WriteString(", ")
			}
			if !writeFlow(b, key) {
				return false
			}
			b.WriteString(": ")
			if !writeFlow(b, v[key]) {
				return false
			}
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			if !writeFlow(b, item) {
				return false
			}
		}
		b.WriteByte(']')
	case string:
		if strings.ContainsFunc(v, func(r rune) bool { return r == '"' || r < ' ' || r >= 0x7f }) {
			return false
		}
		b.WriteString("'" + strings.ReplaceAll(v, "'", "''") + "'")
	default: // a number, a boolean or null
		text, err := json.Marshal(v)
		b.Write(text)
		return err == nil
	}
	return true
}
