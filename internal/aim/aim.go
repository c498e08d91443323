// Package aim makes the commands that the suite prints go to the cluster that it was asked about: whoever pastes one, while another
// context is the current one, must not change another cluster.
package aim

import (
	"regexp"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/report"
)

// Flags are the flags by which the cluster was chosen, as argv; empty where the kubeconfig alone did.
type Flags []string

// ours are the plugins of the suite, which take the flags after their name; kubectl would not pass on what stands before it.
var ours = []string{"aksnode", "tunneldoctor", "insideout", "connectordoctor"}

var (
	anyCommand = regexp.MustCompile(`\bkubectl (?:(?:` + strings.Join(ours, "|") + `)\b)?`)
	ourCommand = regexp.MustCompile(`\bkubectl (?:` + strings.Join(ours, "|") + `)\b`)
)

// Argv returns the command with the flags, where it is one of kubectl or a shell's that has one. It may be given its own result.
func (f Flags) Argv(argv []string) []string {
	switch {
	case len(f) == 0 || len(argv) < 2:
		return argv
	case argv[0] == "sh" && len(argv) > 2 && argv[1] == "-c":
		if strings.Contains(argv[2], report.Quote(f)) {
			return argv
		}
		argv = slices.Clone(argv)
		argv[2] = f.insert(anyCommand, argv[2])
		return argv
	case argv[0] != "kubectl":
		return argv
	}
	at := 1
	if slices.Contains(ours, argv[1]) {
		at, f = 2, f.forOurs()
	}
	if len(argv) >= at+len(f) && slices.Equal(argv[at:at+len(f)], f) {
		return argv
	}
	return slices.Insert(slices.Clone(argv), at, f...)
}

// forOurs leaves --user out: to aksnode's ssh it is who signs in to the node.
func (f Flags) forOurs() Flags {
	return slices.DeleteFunc(slices.Clone(f), func(flag string) bool { return strings.HasPrefix(flag, "--user=") })
}

// Text returns the text with the flags in the commands of the suite that it names.
func (f Flags) Text(text string) string {
	if f = f.forOurs(); len(f) == 0 {
		return text
	}
	return f.insert(ourCommand, text)
}

func (f Flags) insert(command *regexp.Regexp, text string) string {
	flags := report.Quote(f)
	return command.ReplaceAllStringFunc(text, func(found string) string {
		if strings.HasSuffix(found, " ") {
			return found + flags + " "
		}
		return found + " " + flags
	})
}
