// Package table lists the command lines with which every command of every plugin is run. It derives them from the plugins themselves:
// from the examples in their help, their flags and their completions.
package table

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/akstools/akstools/internal/cli"
)

// Line is one command line of a plugin.
type Line struct {
	Plugin  string
	Command string // such as "aksnode ssh"
	Args    []string
	Stdin   bool // something is piped into the command
}

// String returns the command line as a user types it.
func (l Line) String() string { return "kubectl " + l.Plugin + " " + strings.Join(l.Args, " ") }

// Of returns the command lines of the plugins: the examples of each command, each of its flags with one of the examples, which r draws,
// and its completion. It is an error if there is no example for a command, or no value for a flag.
func Of(plugins []cli.Plugin, r *rand.Rand) ([]Line, error) {
	var all []Line
	for _, p := range plugins {
		lines, err := ofCommand(p.Name, cli.Command(p), r)
		if err != nil {
			return nil, err
		}
		all = append(all, lines...)
	}
	return all, nil
}

func ofCommand(plugin string, c *cobra.Command, r *rand.Rand) (all []Line, err error) {
	if c.Runnable() {
		if all, err = lines(plugin, c, r); err != nil {
			return nil, err
		}
	}
	for _, sub := range c.Commands() {
		if sub.Name() == "help" || sub.Name() == "completion" {
			continue // cobra's; they contact nothing
		}
		more, err := ofCommand(plugin, sub, r)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// lines returns the command's examples, one of them with each flag of the command, and its completion.
func lines(plugin string, c *cobra.Command, r *rand.Rand) ([]Line, error) {
	path := strings.TrimPrefix(c.CommandPath(), "kubectl ")
	all, err := examples(plugin, path, c.Example)
	if err != nil {
		return nil, err
	}
	for i, l := range all { // an example of a plugin may run a subcommand
		if sub, _, err := c.Root().Find(l.Args); err == nil {
			all[i].Command = strings.TrimPrefix(sub.CommandPath(), "kubectl ")
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("kubectl %s has no example in its help: how it is used is not known", path)
	}
	count := len(all)
	var problem error
	c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		value, ok := value(f)
		switch {
		case f.Name == "help" || problem != nil:
			return
		case !ok:
			problem = fmt.Errorf("kubectl %s --%s: no value is known for it: add one to values in %s", path, f.Name, "test/hostile/table")
			return
		}
		with := all[r.IntN(count)]
		with.Args = slices.Insert(slices.Clone(with.Args), len(strings.Fields(path))-1, "--"+f.Name+"="+value)
		all = append(all, with)
	})
	if problem != nil {
		return nil, problem
	}
	complete := Line{Plugin: plugin, Command: path}
	complete.Args = append(append([]string{cobra.ShellCompRequestCmd}, strings.Fields(path)[1:]...), "")
	all = append(all, complete)
	if !c.HasParent() {
		complete.Args = []string{cobra.ShellCompRequestCmd, "--namespace", ""}
		all = append(all, complete)
	}
	return all, nil
}

// examples returns the command lines of the plugin in the text.
func examples(plugin, path, text string) ([]Line, error) {
	var all []Line
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		before, rest, found := strings.Cut(line, "kubectl "+plugin)
		if strings.HasPrefix(line, "#") || !found {
			continue
		}
		words, _, err := Words(strings.TrimPrefix(rest, "'"))
		if quoted := strings.LastIndex(before, "'"); quoted >= 0 { // a ProxyCommand
			words, err = []string{"proxy", "aks-nodepool1-12345678-vmss000000"}, nil
		}
		if err != nil && !strings.Contains(err.Error(), "expand") {
			return nil, fmt.Errorf("an example of kubectl %s: %w", path, err)
		}
		all = append(all, Line{Plugin: plugin, Command: path, Args: words, Stdin: strings.Contains(before, "|")})
	}
	return all, nil
}
