package firewall

import (
	"errors"
	"strings"
)

// word is one argument of a rule.
type word struct {
	text   string
	quoted bool // it was in quotes: no option
}

var errQuote = errors.New("a quote is not closed")

// split splits a line of iptables-save into words. Words may be in double quotes, in which a backslash takes the next
// character as it is.
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

// arguments hands out the words of a rule.
type arguments struct {
	words []word
	at    int
}

// next is the next word; empty where there is none.
func (a *arguments) next() string {
	if a.at >= len(a.words) {
		return ""
	}
	a.at++
	return a.words[a.at-1].text
}

func (a *arguments) more() bool { return a.at < len(a.words) }

// option says whether the next word is an option or the ! in front of one.
func (a *arguments) option() bool {
	if !a.more() || a.words[a.at].quoted {
		return false
	}
	w := a.words[a.at].text
	return w == "!" || len(w) > 1 && w[0] == '-' && (w[1] < '0' || w[1] > '9')
}

// since are the words from the given one on, for a reader.
func (a *arguments) since(start int) string {
	var text []string
	for _, w := range a.words[start:a.at] {
		text = append(text, w.text)
	}
	return strings.Join(text, " ")
}
