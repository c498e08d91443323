package html

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
)

// fix is a way to fix what was found.
type fix struct {
	check.Fix
	Commands []command
	Meanings []string // of the placeholders
}

func fixesOf(fixes []check.Fix) []fix {
	all := make([]fix, len(fixes))
	for i, f := range fixes {
		all[i].Fix = f
		for _, c := range f.Commands {
			all[i].Commands = append(all[i].Commands, commandOf(c, f.Placeholders))
		}
		for _, p := range f.Placeholders {
			all[i].Meanings = append(all[i].Meanings, fmt.Sprintf("%s is %s.", p, p.Meaning()))
		}
	}
	return all
}

// evidence is a command with lines of its output.
type evidence struct {
	Command command
	Output  string
}

func evidenceOf(all []check.Evidence) []evidence {
	list := make([]evidence, len(all))
	for i, e := range all {
		list[i] = evidence{commandOf(e.Source, nil), strings.Join(e.Lines, "\n")}
	}
	return list
}

// command is a command as text for a shell. The parts together are that text, byte by byte.
type command struct {
	Parts []part
	Tall  bool // it has so much text that its box scrolls
}

// part is a part of a command.
type part struct {
	Text    string
	Replace bool // it is a word that the user replaces
}

// tall is from how many bytes a command's box scrolls.
const tall = 1500

// commandOf returns the command with the placeholders marked; without parts, if it is not shown.
func commandOf(c cmdline.Command, placeholders []check.Placeholder) command {
	if c.IsZero() {
		return command{}
	}
	text := c.String()
	parts := []part{{Text: text}}
	for _, p := range placeholders {
		parts = marked(parts, string(p))
	}
	return command{Parts: parts, Tall: len(text) > tall}
}

// marked returns the parts with the word, where it stands between blanks, as parts of their own.
func marked(parts []part, word string) []part {
	var all []part
	for _, p := range parts {
		if p.Replace {
			all = append(all, p)
			continue
		}
		rest := p.Text
		for start := 0; ; {
			i := strings.Index(rest[start:], word)
			if i < 0 {
				break
			}
			from, to := start+i, start+i+len(word)
			if from > 0 && rest[from-1] != ' ' || to < len(rest) && rest[to] != ' ' {
				start = to
				continue
			}
			if from > 0 {
				all = append(all, part{Text: rest[:from]})
			}
			all = append(all, part{Text: word, Replace: true})
			rest, start = rest[to:], 0
		}
		if rest != "" {
			all = append(all, part{Text: rest})
		}
	}
	return all
}
