// Package openssh is how the user's own OpenSSH client gets to a node: its options, its ProxyCommand, the host keys it
// accepts, and what its failures mean. Agent, configuration, FIDO keys and ControlMaster stay the user's.
package openssh

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/cmdline"
)

// Host is a node as a host of OpenSSH (https://man.openbsd.org/ssh_config).
type Host struct {
	Node       string
	UID        string // the Node object's: a node that is made anew under the same name is another host
	User       string
	Identity   string   // path of the private key; empty: what the user's configuration and agent offer
	KnownHosts string   // path of the file with the host keys
	Pinned     bool     // the host keys were read on the node, so that no other is accepted and nothing is asked
	Proxy      []string // argv of the program whose stdin and stdout are the connection
	Extra      []Option // the user's own: they come first, since the first value counts
}

// Alias is the name under which the host's keys are kept.
func Alias(node, uid string) string { return node + "." + uid }

// Option is a keyword of ssh_config with its value, as a file has it.
type Option struct{ Key, Value string }

// Options returns what ssh must be told, in the order of a configuration, or an error where a value cannot be expressed there.
func (h Host) Options() ([]Option, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	strict := "ask"
	if h.Pinned {
		strict = "yes"
	}
	options := append(slices.Clone(h.Extra), Option{"User", word(h.User)})
	if h.Identity != "" {
		options = append(options, Option{"IdentityFile", word(percent(h.Identity))})
	}
	options = append(options,
		Option{"HostKeyAlias", Alias(h.Node, h.UID)},
		Option{"UserKnownHostsFile", word(percent(h.KnownHosts))},
		Option{"StrictHostKeyChecking", strict},
		Option{"CheckHostIP", "no"},    // the address is not what we connect to
		Option{"HashKnownHosts", "no"}, // we look for the node's name in it
		Option{"UpdateHostKeys", "no"}, // keys come from the node itself, or are asked for
		Option{"ProxyCommand", ProxyCommand(h.Proxy, runtime.GOOS)},
	)
	for _, o := range options {
		if err := o.check(); err != nil {
			return nil, fmt.Errorf("node %s as a host of OpenSSH: %w", h.Node, err)
		}
	}
	return options, nil
}

// Args returns the options as arguments of ssh, scp and sftp.
func (h Host) Args() ([]string, error) {
	options, err := h.Options()
	if err != nil {
		return nil, err
	}
	var args []string
	for _, o := range options {
		args = append(args, "-o", o.Key+"="+o.Value)
	}
	return args, nil
}

// Config renders the host as a section of an ssh_config file: one Host line, and one line for each option.
func (h Host) Config() (string, error) {
	options, err := h.Options()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Host %s\n", h.Node)
	for _, o := range options {
		fmt.Fprintf(&b, "    %s %s\n", o.Key, o.Value)
	}
	return b.String(), nil
}

// ProxyCommand renders argv for ssh of that operating system (as runtime.GOOS has it), which replaces %-tokens and gives the rest
// to a shell, on Windows to a program directly. The result holds no token.
func ProxyCommand(argv []string, system string) string {
	if system != "windows" {
		return percent(cmdline.Quote(argv))
	}
	words := make([]string, len(argv))
	for i, a := range argv {
		words[i] = a
		if a == "" || strings.ContainsAny(a, " \t") {
			words[i] = `"` + a + `"` // nothing of what is passed holds a quote
		}
	}
	return percent(strings.Join(words, " "))
}

// percent keeps ssh from reading tokens where none are meant.
func percent(s string) string { return strings.ReplaceAll(s, "%", "%%") }

// word renders a value that may hold blanks as one word of ssh_config.
func word(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\"'\\#") {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
