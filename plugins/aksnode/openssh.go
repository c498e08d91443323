package aksnode

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/dial"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/openssh"
	"github.com/akstools/akstools/internal/transfer"
)

// defaultUser is the user that AKS makes on every node (https://learn.microsoft.com/azure/aks/node-access).
const defaultUser = "azureuser"

// clientFlags say how the user's OpenSSH client is called.
type clientFlags struct {
	user, identity string
	options        []string // K=V, before all of ours
	hop            string
	command        *cobra.Command // whose flags the proxy gets too
}

func (f *clientFlags) add(c *cobra.Command, a *cli.App) {
	f.command = c
	flags := c.Flags()
	flags.StringVar(&f.user, "user", defaultUser, "User of the SSH session")
	flags.StringVarP(&f.identity, "identity", "i", "", "Private key of the SSH session; by default what ssh's configuration and agent offer")
	flags.StringArrayVar(&f.options, "ssh-option", nil, "Option for ssh, as K=V of ssh_config; may be repeated")
	addHop(c, a, &f.hop)
}

// asked says that one of the flags was given: the session is then one of OpenSSH.
func (f *clientFlags) asked() bool {
	for _, name := range []string{"user", "identity", "ssh-option", "hop"} {
		if f.command.Flags().Changed(name) {
			return true
		}
	}
	return false
}

func (f *clientFlags) validate() error {
	if f.user == "" || strings.HasPrefix(f.user, "-") || strings.ContainsAny(f.user, "\n\r\x00") {
		return fmt.Errorf("--user is %q: that is no user name", f.user)
	}
	for _, o := range f.options {
		if key, _, ok := strings.Cut(o, "="); !ok || key == "" || strings.ContainsAny(o, "\n\r\x00") {
			return fmt.Errorf("--ssh-option is %q: it takes K=V, as in ConnectTimeout=30", o)
		}
	}
	if f.identity == "" {
		return nil
	}
	return identityProblem(f.identity)
}

func identityProblem(path string) error {
	err := openssh.CheckIdentity(path)
	var identity *openssh.IdentityError
	if errors.As(err, &identity) {
		return cli.WithHint(err, identity.Hints...)
	}
	return err
}

// extra are the options of --ssh-option.
func (f *clientFlags) extra() []openssh.Option {
	var options []openssh.Option
	for _, o := range f.options {
		key, value, _ := strings.Cut(o, "=")
		options = append(options, openssh.Option{Key: strings.TrimSpace(key), Value: value})
	}
	return options
}

// host returns the node as OpenSSH gets to it, its host keys pinned where they can be read.
func (f *clientFlags) host(ctx context.Context, l *link) (openssh.Host, error) {
	known, err := l.manager.KnownHosts()
	if err != nil {
		return openssh.Host{}, fmt.Errorf("there is no folder for the nodes' SSH host keys: %w", err)
	}
	pinned, err := l.pin(ctx)
	if err != nil {
		return openssh.Host{}, err
	}
	proxy, err := proxyArgv(f.command, l.route)
	return openssh.Host{
		Node: l.route.node.Name, UID: string(l.route.node.UID), User: f.user, Identity: f.identity,
		KnownHosts: known, Pinned: pinned, Proxy: proxy, Extra: f.extra(),
	}, err
}

// client is a program of OpenSSH.
type client struct {
	path string
	name string
}

func findClient(name string) (client, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return client{}, cli.WithHint(fmt.Errorf("this computer has no %s", name), "install OpenSSH's client (Debian: openssh-client; Windows: the optional feature OpenSSH Client)")
	}
	return client{path, name}, nil
}

// run runs the program on our streams until it ends, and returns its exit code and the end of what it wrote to stderr.
func (p client) run(ctx context.Context, a *cli.App, args []string) (code int, stderr string, err error) {
	said := &transfer.Tail{}
	cmd := exec.CommandContext(ctx, p.path, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.Streams.In, a.Streams.Out, io.MultiWriter(a.Streams.ErrOut, said)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 2 * time.Second // a master connection that stays keeps stderr open
	a.Printer().Stepf("running: %s", withoutToken(a, cmdline.Quote(append([]string{p.name}, args...))))
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrWaitDelay):
		err = nil
	case errors.As(err, &exit):
		err = nil
		if code = exit.ExitCode(); code < 0 {
			code = transportFailed
		}
	}
	return code, said.String(), err
}

// withoutToken takes out of a command line what --token gave.
func withoutToken(a *cli.App, line string) string {
	if token := a.Flags.BearerToken; token != nil && *token != "" {
		return strings.ReplaceAll(line, *token, "...")
	}
	return line
}

// failed makes the error of a program that gave code 255, by what it said; ssh's own words stand above it. hop is the host in
// between with --via-ssh, or nil.
func failed(r route, h openssh.Host, hop *openssh.Host, stderr string) error {
	windows := nodepod.IsWindows(r.node)
	if hop != nil && hop.Names(stderr) {
		h, windows = *hop, false
	}
	name := h.Node
	switch openssh.FailureOf(stderr) {
	case openssh.NotForwarded:
		return r.dialError(sshPort, dial.RemoteError(r.target(sshPort), openssh.Forwarding(stderr)))
	case openssh.ForwardingForbidden:
		return cli.WithHint(fmt.Errorf("the sshd of node %s, the hop, forwards no TCP connections (AllowTcpForwarding)", r.via), "go without it: leave out --via-ssh")
	case openssh.TooManyKeys:
		return cli.WithHint(fmt.Errorf("node %s ended the session after too many keys were offered", name),
			"offer only the one of -i, and not all of the agent: --ssh-option IdentitiesOnly=yes")
	case openssh.NotAuthorized:
		hints := []string{
			"the private key must belong to a public key that node has for " + h.User + " (ssh-keygen -y -f KEY prints it)",
			"give the nodes another one: az aks update -g GROUP -n CLUSTER --ssh-key-value KEY.pub", // https://learn.microsoft.com/azure/aks/manage-ssh-node-access
		}
		if windows {
			hints = append(hints, "or sign in by password: --password; or without SSH: kubectl aksnode ssh "+name+" --hostprocess")
		} else {
			hints = append(hints, "this needs no key: kubectl aksnode ssh "+name)
		}
		return cli.WithHint(fmt.Errorf("node %s takes neither key nor password of %s", name, h.User), hints...)
	case openssh.HostKeyChanged:
		changed := &openssh.ChangedKeyError{Node: name, Alias: openssh.Alias(h.Node, h.UID), File: h.KnownHosts}
		return cli.WithHint(changed, "somebody may be in between; if you know why they changed, give the old ones up: "+changed.Forget())
	case openssh.HostKeyUnknown:
		return cli.WithHint(fmt.Errorf("the host key of node %s is not known yet, and was not confirmed", name),
			"compare its fingerprint at the question; without a terminal: --ssh-option StrictHostKeyChecking=accept-new")
	}
	return nil
}
