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

// defaultUser is the user that AKS creates on every node (https://learn.microsoft.com/azure/aks/node-access).
const defaultUser = "azureuser"

// clientFlags are the flags for the user's OpenSSH client.
type clientFlags struct {
	user, identity string
	options        []string // K=V; they take precedence over ours
	hop            string
	command        *cobra.Command // some of its flags are passed on to the proxy
}

func (f *clientFlags) add(c *cobra.Command, a *cli.App) {
	f.command = c
	flags := c.Flags()
	flags.StringVar(&f.user, "user", defaultUser, "User to log in as over SSH")
	flags.StringVarP(&f.identity, "identity", "i", "", "Private key for SSH; by default those of your SSH configuration and agent")
	flags.StringArrayVar(&f.options, "ssh-option", nil, "Option for ssh, K=V as in ssh_config; may be repeated")
	addHop(c, a, &f.hop)
}

// given reports whether any of the flags was given, which means that OpenSSH is to be used.
func (f *clientFlags) given() bool {
	for _, name := range []string{"user", "identity", "ssh-option", "hop"} {
		if f.command.Flags().Changed(name) {
			return true
		}
	}
	return false
}

func (f *clientFlags) validate() error {
	if f.user == "" || strings.HasPrefix(f.user, "-") || strings.ContainsAny(f.user, "\n\r\x00") {
		return fmt.Errorf("--user is %q: that is not a user name", f.user)
	}
	for _, o := range f.options {
		if key, _, ok := strings.Cut(o, "="); !ok || key == "" || strings.ContainsAny(o, "\n\r\x00") {
			return fmt.Errorf("--ssh-option is %q: it takes K=V, such as ConnectTimeout=30", o)
		}
	}
	if f.identity == "" {
		return nil
	}
	return checkIdentity(f.identity)
}

// checkIdentity returns an error with hints if ssh cannot use the private key.
func checkIdentity(path string) error {
	err := openssh.CheckIdentity(path)
	var identity *openssh.IdentityError
	if errors.As(err, &identity) {
		return cli.WithHint(err, identity.Hints...)
	}
	return err
}

// extra returns the options of --ssh-option.
func (f *clientFlags) extra() []openssh.Option {
	var options []openssh.Option
	for _, o := range f.options {
		key, value, _ := strings.Cut(o, "=")
		options = append(options, openssh.Option{Key: strings.TrimSpace(key), Value: value})
	}
	return options
}

// host returns the node as a host for OpenSSH, with its host keys pinned if they can be read.
func (f *clientFlags) host(ctx context.Context, l *link) (openssh.Host, error) {
	known, err := l.manager.KnownHosts()
	if err != nil {
		return openssh.Host{}, fmt.Errorf("creating a directory for the nodes' SSH host keys: %w", err)
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
	env  []string // of the program; nil means this program's
}

// findClient returns the program of that name, with which to reach nodes by the flags of c.
func findClient(name string, c *cobra.Command) (client, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return client{}, cli.WithHint(fmt.Errorf("%s is not installed on this computer", name),
			"install the OpenSSH client (Debian: package openssh-client; Windows: optional feature OpenSSH Client)")
	}
	return client{path, name, secretEnvironment(c)}, nil
}

// run runs the program with our stdin, stdout and stderr, and returns its exit code and the end of its stderr.
func (p client) run(ctx context.Context, a *cli.App, args []string) (code int, stderr string, err error) {
	tail, streams := &transfer.Tail{}, a.RawStreams()
	cmd := exec.CommandContext(ctx, p.path, args...)
	cmd.Env = p.env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = streams.In, streams.Out, io.MultiWriter(streams.ErrOut, tail)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 2 * time.Second // a master connection (ControlPersist) stays and keeps stderr open
	a.Printer().Stepf("running: %s", cmdline.Quote(append([]string{p.name}, args...)))
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrWaitDelay):
		err = nil
	case errors.As(err, &exit):
		err, code = nil, exit.ExitCode()
		if code < 0 {
			code = transportFailed
		}
	}
	return code, tail.String(), err
}

// sshError returns an error that explains why a program of OpenSSH failed, judging by the end of its stderr, which the user has seen; nil
// if that is unknown. hop is the host in between with --via-ssh, or nil.
func sshError(r route, h openssh.Host, hop *openssh.Host, stderr string) error {
	windows := nodepod.IsWindows(r.node)
	if hop != nil && hop.Names(stderr) {
		h, windows = *hop, false
	}
	name := h.Node
	switch openssh.FailureOf(stderr) {
	case openssh.NotForwarded:
		return r.dialError(sshPort, dial.RemoteError(r.target(sshPort), openssh.Forwarding(stderr)))
	case openssh.ForwardingForbidden:
		return cli.WithHint(fmt.Errorf("the sshd of the hop, node %s, does not forward TCP connections (AllowTcpForwarding)", r.via),
			"to connect without it: omit --via-ssh")
	case openssh.TooManyKeys:
		return cli.WithHint(fmt.Errorf("node %s closed the connection because too many keys were offered", name),
			"to offer only the key of -i, and not all keys of the agent: --ssh-option IdentitiesOnly=yes")
	case openssh.NotAuthorized:
		hints := []string{
			"the private key must match a public key that the node has for " + h.User + " (ssh-keygen -y -f KEY prints the public key)",
			// https://learn.microsoft.com/azure/aks/manage-ssh-node-access
			"to set another key on the nodes: az aks update -g GROUP -n CLUSTER --ssh-key-value KEY.pub",
		}
		if windows {
			hints = append(hints, "with a password: --password", "without SSH: "+cmdline.Kubectl("aksnode", "ssh", name, "--hostprocess").String())
		} else {
			hints = append(hints, "without a key: "+cmdline.Kubectl("aksnode", "ssh", name).String())
		}
		return cli.WithHint(fmt.Errorf("node %s rejected the keys and passwords of user %s", name, h.User), hints...)
	case openssh.HostKeyChanged:
		changed := &openssh.ChangedKeyError{Node: name, Alias: openssh.Alias(h.Node, h.UID), File: h.KnownHosts}
		return cli.WithHint(changed, "this may be an attack; only if you know why they changed, remove the old ones: "+changed.Forget())
	case openssh.HostKeyUnknown:
		return cli.WithHint(fmt.Errorf("the host key of node %s is unknown and was not confirmed", name),
			"compare its fingerprint when ssh asks; without a terminal: --ssh-option StrictHostKeyChecking=accept-new")
	}
	return nil
}
