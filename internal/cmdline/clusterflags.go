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

var ourCommand = regexp.MustCompile(`\bkubectl (?:` + strings.Join(Plugins, "|") + `)\b`)

// Add returns the command with the flags, where it is one of kubectl. It may be given its own result.
func (f ClusterFlags) Add(c Command) Command {
	at := 1
	switch {
	case len(f) == 0 || len(c.argv) < 2:
		return c
	case c.applies():
		at = applied
	case c.argv[0] != "kubectl":
		return c
	case slices.Contains(Plugins, c.argv[1]):
		at, f = 2, f.forOurs()
	}
	if rest := c.argv[at:]; len(rest) >= len(f) && slices.Equal(rest[:len(f)], f) {
		return c
	}
	return Command{slices.Insert(c.Argv(), at, f...)}
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
	flags := Quote(f)
	return ourCommand.ReplaceAllStringFunc(text, func(found string) string {
		if strings.HasSuffix(found, " ") {
			return found + flags + " "
		}
		return found + " " + flags
	})
}
