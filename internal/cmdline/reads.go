package cmdline

import (
	"slices"
	"strings"
)

// readOnly are the subcommands of kubectl that change nothing.
var readOnly = [][]string{
	{"get"}, {"describe"}, {"logs"}, {"events"}, {"version"}, {"explain"}, {"api-resources"}, {"auth", "can-i"}, {"top"},
}

// azReads are the subcommands of az that the suite prints as evidence.
var azReads = []string{
	"aks show", "aks connection list", "k8s-extension show", "identity show", "identity federated-credential list", "role assignment list",
	"role definition list", "resource show", "provider show",
	"network vnet show", "network public-ip show",
	"network nsg show", "network nsg rule show", "network route-table show", "network route-table route show",
}

// harmless are the flags that commands which read are printed with. A flag with a value names the only values that it takes, or none
// if it takes every word. Others, such as --kubeconfig, run programs of somebody's choosing or send credentials elsewhere.
var harmless = map[string]map[string][]string{
	"kubectl": {
		"-n": {}, "-l": {}, "-c": {}, "-A": nil, "--field-selector": {}, "--ignore-not-found": nil, "--previous": nil, "--show-labels": nil,
		"--tail": {}, "--since": {}, "-o": {"wide", "yaml", "json", "name"},
	},
	"az": {
		"--subscription": {}, "-g": {}, "-n": {}, "--name": {}, "--ids": {}, "--nsg-name": {}, "--route-table-name": {},
		"-c": {}, "-t": {}, "--identity-name": {}, "--assignee": {}, "--scope": {}, "--include-inherited": nil,
	},
	"curl": {"-ksS": nil, "-v": nil, "-o": {"/dev/null"}, "-D": {"-"}, "--resolve": {}, "--max-time": {}},
}

// Reads reports whether c is one of the commands that only read and that the suite prints as evidence. A bundle may be written by
// anybody: of the commands in it, only these are shown.
func (c Command) Reads() bool {
	if len(c.argv) < 2 {
		return false
	}
	program, args := c.argv[0], c.argv[1:]
	switch program {
	case "kubectl":
		i := slices.IndexFunc(readOnly, func(verb []string) bool {
			return len(args) >= len(verb) && slices.Equal(args[:len(verb)], verb)
		})
		if i < 0 {
			return false
		}
		_, ok := operands(args[len(readOnly[i]):], harmless[program])
		return ok
	case "curl":
		urls, ok := operands(args, harmless[program])
		return ok && len(urls) == 1 && isURL(urls[0])
	case "az":
		words, ok := operands(args, harmless[program])
		return ok && slices.Contains(azReads, strings.Join(words, " ")) && strings.HasPrefix(strings.Join(args, " "), strings.Join(words, " ")) &&
			!c.readsFile()
	case "nslookup":
		return len(args) == 1 && !strings.HasPrefix(args[0], "-")
	}
	return false
}

// operands returns the arguments that are neither flags nor their values. ok is false if a flag is not in known, or has a value that it
// may not have.
func operands(args []string, known map[string][]string) (rest []string, ok bool) {
	for i := 0; i < len(args); i++ {
		if !strings.HasPrefix(args[i], "-") {
			rest = append(rest, args[i])
			continue
		}
		name, value, attached := strings.Cut(args[i], "=")
		values, found := known[name]
		switch {
		case !found || values == nil && attached:
			return nil, false
		case values == nil:
			continue
		case !attached && i+1 == len(args):
			return nil, false
		case !attached:
			i++
			value = args[i]
			if strings.HasPrefix(value, "-") && !slices.Contains(values, value) {
				return nil, false
			}
		}
		if len(values) > 0 && !slices.Contains(values, value) {
			return nil, false
		}
	}
	return rest, true
}

// isURL reports whether the word is a URL of a protocol that requests are made with; curl also reads files.
func isURL(word string) bool {
	scheme, rest, ok := strings.Cut(word, "://")
	host, _, _ := strings.Cut(rest, "/")
	return ok && host != "" && !strings.Contains(host, "@") && slices.Contains([]string{"http", "https", "telnet"}, scheme)
}
