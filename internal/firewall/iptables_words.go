package firewall

import (
	"errors"
	"strings"
)

// word is one argument of a rule.
type word struct {
	text   string
	quoted bool // in quotes, so not an option
}

var errQuote = errors.New("missing closing quote")

// split splits a line of iptables-save into words. Words may be in double quotes, in which a backslash escapes the next
// character.
func split(line string) ([]word, error) {
	var words []word
	for i := 0; i < len(line); {
		if blank(line[i]) {
			i++
			continue
		}
		var w strings.Builder
		quoted, open := false, false
		for ; i < len(line) && (open || !blank(line[i])); i++ {
			switch c := line[i]; {
			case c == '"':
				quoted, open = true, !open
			case c == '\\' && open && i+1 < len(line):
				i++
				w.WriteByte(line[i])
			default:
				w.WriteByte(c)
			}
		}
		if open {
			return nil, errQuote
		}
		words = append(words, word{w.String(), quoted})
	}
	return words, nil
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// arguments iterates over the words of a rule.
type arguments struct {
	words []word
	at    int
}

// next consumes and returns the next word; empty if there is none.
func (a *arguments) next() string {
	if a.at >= len(a.words) {
		return ""
	}
	a.at++
	return a.words[a.at-1].text
}

func (a *arguments) more() bool { return a.at < len(a.words) }

// option reports whether the next word is an option, or the ! before one.
func (a *arguments) option() bool {
	if !a.more() || a.words[a.at].quoted {
		return false
	}
	w := a.words[a.at].text
	return w == "!" || len(w) > 1 && w[0] == '-' && (w[1] < '0' || w[1] > '9')
}

// since returns the text of the words from start to the current one.
func (a *arguments) since(start int) string {
	var text []string
	for _, w := range a.words[start:a.at] {
		text = append(text, w.text)
	}
	return strings.Join(text, " ")
}
