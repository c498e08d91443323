// Package cmdline renders the commands that the suite prints, so that they can be pasted: quoted for a shell, and with the flags that
// choose the cluster, since another context may be the current one by then.
package cmdline

import (
	"regexp"
	"slices"
	"strings"
)

// ClusterFlags are the flags by which the cluster was chosen, as argv; empty where the kubeconfig alone did.
type ClusterFlags []string

// Plugins are the names of the suite's plugins. They take flags after their name: kubectl does not pass on those before it.
var Plugins = []string{"aksnode", "tunneldoctor", "insideout", "connectordoctor"}

var (
	anyCommand = regexp.MustCompile(`\bkubectl (?:(?:` + strings.Join(Plugins, "|") + `)\b)?`)
	ourCommand = regexp.MustCompile(`\bkubectl (?:` + strings.Join(Plugins, "|") + `)\b`)
)

// Argv returns the command with the flags, where it is one of kubectl or a shell's that has one. It may be given its own result.
func (f ClusterFlags) Argv(argv []string) []string {
	switch {
	case len(f) == 0 || len(argv) < 2:
		return argv
	case argv[0] == "sh" && len(argv) > 2 && argv[1] == "-c":
		if strings.Contains(argv[2], Quote(f)) {
			return argv
		}
		argv = slices.Clone(argv)
		argv[2] = f.insert(anyCommand, argv[2])
		return argv
	case argv[0] != "kubectl":
		return argv
	}
	at := 1
	if slices.Contains(Plugins, argv[1]) {
		at, f = 2, f.forOurs()
	}
	if len(argv) >= at+len(f) && slices.Equal(argv[at:at+len(f)], f) {
		return argv
	}
	return slices.Insert(slices.Clone(argv), at, f...)
}

// forOurs leaves --user out: to aksnode's ssh it is who signs in to the node.
func (f ClusterFlags) forOurs() ClusterFlags {
	return slices.DeleteFunc(slices.Clone(f), func(flag string) bool { return strings.HasPrefix(flag, "--user=") })
}

// Text returns the text with the flags in the commands of the suite that it names.
func (f ClusterFlags) Text(text string) string {
	if f = f.forOurs(); len(f) == 0 {
		return text
	}
	return f.insert(ourCommand, text)
}

func (f ClusterFlags) insert(command *regexp.Regexp, text string) string {
	flags := Quote(f)
	return command.ReplaceAllStringFunc(text, func(found string) string {
		if strings.HasSuffix(found, " ") {
			return found + flags + " "
		}
		return found + " " + flags
	})
}
