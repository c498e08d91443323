package aksnode

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/openssh"
)

// twoHopFlags are for connecting through the sshd of a Linux node, as AKS documents it (https://learn.microsoft.com/azure/aks/node-access).
type twoHopFlags struct {
	on             bool
	user, identity string
}

func (f *twoHopFlags) add(c *cobra.Command) {
	c.Flags().BoolVar(&f.on, "via-ssh", false,
		"Connect through the sshd of the hop, as the AKS documentation does, instead of directly from a pod on it")
	c.Flags().StringVar(&f.user, "hop-user", "", "User on the hop with --via-ssh (default: --user)")
	c.Flags().StringVar(&f.identity, "hop-identity", "", "Private key for the user on the hop with --via-ssh (default: --identity)")
}

func (f *twoHopFlags) validate() error {
	if !f.on && (f.user != "" || f.identity != "") {
		return errors.New("--hop-user and --hop-identity require --via-ssh")
	}
	return nil
}

// overSSH runs the session with the user's own OpenSSH client and the node's sshd.
func (o *sshOptions) overSSH(ctx context.Context, manager *nodepod.Manager, options nodepod.Options, terminal bool) error {
	hint := hintContext{node: o.node, command: o.command}
	ssh, err := findClient("ssh", o.client.command)
	if err != nil {
		return withHints(hint, err)
	}
	r, err := findRoute(ctx, manager, o.node, o.client.hop, options)
	if err != nil {
		return withHints(hint, err)
	}
	hint.setNode(r)
	if o.twoHops.on && !r.hops() {
		err := fmt.Errorf("--via-ssh requires a hop, but node %s needs none", o.node)
		return withHints(hint, cli.WithHint(err, "choose another node as the hop: --hop NODE"))
	}
	l := &link{manager: manager, options: options, route: r}
	defer l.close()
	if _, err := l.acquire(ctx, nil); err != nil { // the proxy that ssh starts will share this pod
		return withHints(hintContext{node: r.via}, err)
	}
	host, err := o.client.host(ctx, l)
	var hop *openssh.Host
	if err == nil && o.twoHops.on {
		hop, err = o.hopHost(ctx, l)
	}
	if err != nil {
		hint.diagnoseTunnel(manager.Clients, err)
		return withHints(hint, err)
	}
	if hop != nil {
		options, err := hop.Args()
		if err != nil {
			return withHints(hint, err)
		}
		host.Proxy = append(append([]string{ssh.path}, options...), "-W", r.target(sshPort), "--", hop.Node)
	}
	args, err := o.sshArgs(host, r, terminal)
	if err != nil {
		return withHints(hint, err)
	}
	code, stderr, err := ssh.run(ctx, o.app, args)
	if err != nil || ctx.Err() != nil {
		return withHints(hint, errors.Join(err, context.Cause(ctx)))
	}
	if code == transportFailed {
		if err := sshError(r, host, hop, stderr); err != nil {
			return withHints(hint, err)
		}
	}
	if code != 0 {
		return cli.ExitError{Code: code}
	}
	return nil
}

// sshArgs returns the arguments of ssh.
func (o *sshOptions) sshArgs(host openssh.Host, r route, terminal bool) ([]string, error) {
	args, err := host.Args()
	if err != nil {
		return nil, err
	}
	if o.password {
		args = append(args, "-o", "PreferredAuthentications=password,keyboard-interactive", "-o", "PubkeyAuthentication=no")
	}
	if o.noStdin {
		args = append(args, "-n")
	}
	if terminal && len(o.command) > 0 {
		args = append(args, "-t")
	}
	args = append(args, "--", o.node)
	if len(o.command) == 0 {
		return args, nil
	}
	// ssh sends the command as one line. Quoting preserves the arguments for a POSIX shell; Windows gets the line as it was typed.
	if nodepod.IsWindows(r.node) {
		return append(args, strings.Join(o.command, " ")), nil
	}
	return append(args, cmdline.Posix(o.command)), nil
}

// hopHost returns the hop as a host for OpenSSH, for --via-ssh: ssh connects to the hop's sshd through the pod on the hop.
func (o *sshOptions) hopHost(ctx context.Context, l *link) (*openssh.Host, error) {
	client := o.client
	if o.twoHops.user != "" {
		client.user = o.twoHops.user
	}
	if o.twoHops.identity != "" {
		if err := checkIdentity(o.twoHops.identity); err != nil {
			return nil, err
		}
		client.identity = o.twoHops.identity
	}
	node, err := nodepod.GetNode(ctx, l.manager.Clients, l.route.via)
	if err != nil {
		return nil, err
	}
	hop := &link{manager: l.manager, options: l.options, route: route{node: node, via: node.Name}}
	defer hop.close()
	host, err := client.host(ctx, hop)
	return &host, err
}
