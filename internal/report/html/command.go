package html

import (
	"fmt"
	"slices"
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

// command is a command as text for a shell. The words, with a blank between them, are that text, byte by byte.
type command struct {
	Words []word
	Tall  bool // it has so much text that its box scrolls
}

// word is a part of a command within which lines are broken only if it does not fit on one.
type word struct {
	Text    string
	Replace bool // the user replaces it
}

// tall is from how many bytes a command's box scrolls.
const tall = 1500

// commandOf returns the command with the placeholders marked; without words, if it is not shown.
func commandOf(c cmdline.Command, placeholders []check.Placeholder) command {
	if c.IsZero() {
		return command{}
	}
	text := c.String()
	v := command{Tall: len(text) > tall}
	for w := range strings.SplitSeq(text, " ") {
		v.Words = append(v.Words, word{w, slices.Contains(placeholders, check.Placeholder(w))})
	}
	return v
}
