package cmdline

import (
	"encoding/json"
	"slices"
)

// word is a part of a command that stands in the source code: outside this package only an untyped constant becomes one. So neither
// the cluster nor a bundle chooses a program, a verb or a script.
type word string

// Command is a command that the suite prints. It is built by the functions of this package, or read from a bundle: then Reads tells
// whether it may be shown. The zero Command is none. Its JSON is the argv.
type Command struct{ argv []string }

// Kubectl returns the kubectl command with the verb, which may be one of the suite's plugins, and its arguments.
func Kubectl(verb word, args ...string) Command {
	return Program("kubectl", string(verb)).With(args...)
}

// Az returns the az command of the group, such as vmss, and its arguments (https://learn.microsoft.com/cli/azure/reference-index).
func Az(group word, args ...string) Command { return Program("az", string(group)).With(args...) }

// Program returns the command that runs the program.
func Program(name word, args ...string) Command {
	return Command{[]string{string(name)}}.With(args...)
}

// Script returns the command that runs the script in a POSIX shell, which gets the arguments as $1, $2 and so on.
func Script(script word, args ...string) Command { return shell("sh", script, args) }

// BashScript is Script for bash, for what a POSIX shell cannot do.
func BashScript(script word, args ...string) Command { return shell("bash", script, args) }

func shell(name, script word, args []string) Command {
	c := Program(name, "-c", string(script))
	if len(args) > 0 {
		c = c.With(string(name)).With(args...) // $0 comes before $1
	}
	return c
}

// apply gets the manifest as $1 and kubectl's flags after it.
const (
	apply   = `m=$1; shift; printf %s "$m" | kubectl "$@" apply -f -`
	applied = 5 // the index of the first flag
)

// Apply returns the command that applies the manifest.
func Apply(manifest string) Command { return Script(apply, manifest) }

func (c Command) applies() bool {
	return len(c.argv) >= applied && c.argv[0] == "sh" && c.argv[2] == apply
}

// With returns c with the arguments added.
func (c Command) With(args ...string) Command { return Command{slices.Concat(c.argv, args)} }

// Running returns c with the argv of the other command added, which c runs elsewhere.
func (c Command) Running(other Command) Command { return c.With(other.argv...) }

// Argv returns a copy of the argv.
func (c Command) Argv() []string { return slices.Clone(c.argv) }

// Size returns about how many bytes c takes in a text.
func (c Command) Size() int {
	n := 0
	for _, w := range c.argv {
		n += len(w) + 16
	}
	return n
}

// IsZero reports whether c is no command.
func (c Command) IsZero() bool { return len(c.argv) == 0 }

// Equal reports whether both have the same argv.
func (c Command) Equal(other Command) bool { return slices.Equal(c.argv, other.argv) }

// Map returns c with each word replaced by what change returns for it.
func (c Command) Map(change func(string) string) Command {
	argv := c.Argv()
	for i := range argv {
		argv[i] = change(argv[i])
	}
	return Command{argv}
}

// First renders the first words of c, at most so many.
func (c Command) First(words int) string { return Quote(c.argv[:min(words, len(c.argv))]) }

// String renders c for the shell of this computer's users: PowerShell on Windows, otherwise a POSIX shell.
func (c Command) String() string { return Quote(c.argv) }

// Posix renders c for a POSIX shell, such as one on a node.
func (c Command) Posix() string { return Posix(c.argv) }

// MarshalJSON returns the argv as a list of strings.
func (c Command) MarshalJSON() ([]byte, error) { return json.Marshal(append([]string{}, c.argv...)) }

// UnmarshalJSON reads what MarshalJSON returned, from a source that is not trusted: see Reads.
func (c *Command) UnmarshalJSON(text []byte) error { return json.Unmarshal(text, &c.argv) }
