// Package openssh configures the user's own OpenSSH client for nodes: options, ProxyCommand and accepted host keys. It also tells why
// the client failed. The user's agent, configuration, FIDO keys and ControlMaster remain in effect.
package openssh

import (
	"cmp"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"unicode"

	"github.com/akstools/akstools/internal/cmdline"
)

// Host is a node as a host in ssh_config (https://man.openbsd.org/ssh_config).
type Host struct {
	Node       string
	Name       string // by which ssh calls the host; empty: the node's
	UID        string // of the Node object: a re-created node of the same name is another host
	User       string
	Identity   string   // path of the private key; empty: those of the user's configuration and agent
	KnownHosts string   // path of the file with the host keys
	Pinned     bool     // the host keys are known to be right: ssh accepts no others and does not ask
	Proxy      []string // argv of the ProxyCommand
	Extra      []Option // the user's; they take precedence
}

// Alias returns the name under which the host's keys are stored.
func Alias(node, uid string) string { return node + "." + uid }

// Option is a keyword of ssh_config and its value, quoted as in a file.
type Option struct{ Key, Value string }

// Options returns the host's options in order of precedence. It returns an error if a value cannot be expressed in ssh_config.
func (h Host) Options() ([]Option, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	proxy, err := ProxyCommand(h.Proxy, runtime.GOOS)
	if err != nil {
		return nil, fmt.Errorf("SSH configuration of node %s: %w", h.Node, err)
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
		Option{"CheckHostIP", "no"},    // ssh does not connect to an address
		Option{"HashKnownHosts", "no"}, // KnownHosts.Has looks for the alias
		Option{"UpdateHostKeys", "no"}, // keys are read on the node or confirmed by the user
		Option{"ProxyCommand", proxy},
	)
	for _, o := range options {
		if err := o.check(); err != nil {
			return nil, fmt.Errorf("SSH configuration of node %s: %w", h.Node, err)
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

// Config returns the host's section of an ssh_config file: a Host line, and one line for each option.
func (h Host) Config() (string, error) {
	options, err := h.Options()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Host %s\n", cmp.Or(h.Name, h.Node))
	for _, o := range options {
		fmt.Fprintf(&b, "    %s %s\n", o.Key, o.Value)
	}
	return b.String(), nil
}

// ProxyCommand renders argv as the value of ProxyCommand. The result contains no %-tokens, which ssh would replace. system is a value of
// runtime.GOOS. On Windows, an argument with a character that cannot be quoted for every ssh is an error.
func ProxyCommand(argv []string, system string) (string, error) {
	if system != "windows" {
		return percent(cmdline.Posix(argv)), nil // ssh passes it to a shell
	}
	words := make([]string, len(argv))
	for i, a := range argv {
		quoted, err := windowsWord(a)
		if err != nil {
			return "", err
		}
		words[i] = quoted
	}
	return percent(strings.Join(words, " ")), nil
}

var plainOnWindows = regexp.MustCompile(`^[A-Za-z0-9_.:/=@,+-]+$`)

// windowsWord quotes an argument for both ssh programs of Windows: Microsoft's passes the line to the program, which splits it
// (https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments), Git's to a POSIX shell. In both, backslashes at the end
// must be doubled before a quote.
func windowsWord(a string) (string, error) {
	if strings.ContainsAny(a, "\"$`") || strings.ContainsFunc(a, unicode.IsControl) {
		return "", fmt.Errorf("%.300q contains a character that cannot be passed to a ProxyCommand on Windows", a)
	}
	if plainOnWindows.MatchString(a) {
		return a, nil
	}
	backslashes := len(a) - len(strings.TrimRight(a, `\`))
	return `"` + a + strings.Repeat(`\`, backslashes) + `"`, nil
}

// percent escapes percent signs, so that ssh replaces no tokens.
func percent(s string) string { return strings.ReplaceAll(s, "%", "%%") }

// word quotes a value, if necessary, as one argument in ssh_config.
func word(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\"'\\#") {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
