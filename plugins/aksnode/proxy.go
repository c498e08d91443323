package aksnode

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/dial"
	"github.com/akstools/akstools/internal/nodepod"
)

type proxyOptions struct {
	app  *cli.App
	pod  podFlags
	hop  string
	uid  string
	node string
	port string
}

func proxyCommand(a *cli.App) *cobra.Command {
	o := &proxyOptions{app: a}
	c := &cobra.Command{
		Use:   "proxy NODE [PORT]",
		Short: "Connect stdin and stdout to a TCP port of a node",
		Long: templates.LongDesc(`
			Connect stdin and stdout to a TCP port of a node, by default 22, for use as a ProxyCommand of OpenSSH. No local
			port is opened. Connections to the same node share a node pod, which is removed after the last one.

			For a Linux node, the connection is made by a pod on the node itself, to its loopback interface. For a Windows node,
			or with --hop, it is made by a pod on another node. For port 22 of a Linux node, the SSH host keys are read on the
			node and pinned.`),
		Example: templates.Examples(`
			# Use it from ssh
			ssh -o ProxyCommand='kubectl aksnode proxy %h' azureuser@aks-nodepool1-12345678-vmss000000

			# Query the kubelet's health endpoint
			printf 'GET /healthz HTTP/1.0\r\n\r\n' | kubectl aksnode proxy aks-nodepool1-12345678-vmss000000 10248`),
		Args:                  cobra.RangeArgs(1, 2),
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     a.CompleteNodes,
		RunE: func(c *cobra.Command, args []string) error {
			o.node, o.port = args[0], sshPort
			if len(args) > 1 {
				o.port = args[1]
			}
			if n, err := net.LookupPort("tcp", o.port); err != nil || n == 0 || strings.TrimLeft(o.port, "0123456789") != "" {
				return fmt.Errorf("%q is not a port: it takes a number from 1 to 65535", o.port)
			}
			if err := setSecretFlags(c); err != nil {
				return err
			}
			return o.run(c.Context())
		},
	}
	o.pod.add(c)
	addHop(c, a, &o.hop)
	c.Flags().StringVar(&o.uid, "uid", "", "Fail if the node does not have this UID")
	_ = c.Flags().MarkHidden("uid")
	return c
}

func addHop(c *cobra.Command, a *cli.App, hop *string) {
	c.Flags().StringVar(hop, "hop", "",
		"Linux node from which to connect (the hop); by default the node itself, or for Windows a node with a tunnel agent")
	_ = c.RegisterFlagCompletionFunc("hop", func(c *cobra.Command, _ []string, text string) ([]string, cobra.ShellCompDirective) {
		return a.CompleteNodes(c, nil, text)
	})
}

func (o *proxyOptions) run(ctx context.Context) error {
	manager, options, err := o.pod.manager(o.app)
	if err != nil {
		return err
	}
	hint := hintContext{node: o.node}
	r, err := findRoute(ctx, manager, o.node, o.hop, options)
	if err != nil {
		return withHints(hint, err)
	}
	hint.setNode(r)
	if o.uid != "" && string(r.node.UID) != o.uid {
		return withHints(hint, cli.WithHint(fmt.Errorf("node %s was re-created since your SSH configuration was written", o.node),
			"update the configuration: kubectl aksnode ssh-config --write"))
	}
	l := &link{manager: manager, options: options, route: r}
	defer l.close()
	err = o.connect(ctx, l)
	if ctx.Err() != nil {
		return nil // ssh terminates its ProxyCommand with a signal
	}
	if err != nil {
		hint.diagnoseTunnel(manager.Clients, err)
	}
	return withHints(hint, err)
}

func (o *proxyOptions) connect(ctx context.Context, l *link) error {
	if o.port == sshPort {
		pinned, err := l.pin(ctx)
		if err != nil {
			return err
		}
		if !pinned && !nodepod.IsWindows(l.route.node) && o.hop == "" {
			o.app.Printer().Warnf("the SSH host keys of node %s are unknown and cannot be read on it now; to confirm them yourself: %s",
				o.node, cmdline.Kubectl("aksnode", "ssh", o.node, "-i", "KEY"))
		}
	}
	dialing, cancel := context.WithTimeout(ctx, dialTimeout)
	conn, err := l.dial(dialing, o.port)
	cancel()
	if err != nil {
		return l.route.dialError(o.port, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	streams := o.app.RawStreams()
	near := newNearSide(ctx, streams.In, streams.Out, func() { _ = conn.Close() })
	defer near.stop()
	err = dial.Join(near, conn)
	if near.gone.Load() || errors.Is(err, dial.ErrSilent) && o.port == sshPort {
		return nil // ssh has exited
	}
	if nearErr := (*dial.NearError)(nil); errors.As(err, &nearErr) {
		if cli.IsBrokenPipe(err) {
			return nil // the reader of stdout wants no more
		}
		return fmt.Errorf("writing to stdout: %w", err)
	}
	return l.route.dialError(o.port, err)
}
