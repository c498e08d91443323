package aksnode

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/cli"
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
		Short: "Connect stdin and stdout with a TCP port of a node",
		Long: templates.LongDesc(`
			Connect stdin and stdout with a TCP port of a node, 22 if none is given: what OpenSSH wants of a
			ProxyCommand. No local port is opened. Many of them share one node pod, which is removed after the last.

			A Linux node's own pod connects to the node's loopback. A Windows node is reached from a Linux node.
			With port 22 of a Linux node, its SSH host keys are read on the node and pinned.`),
		Example: templates.Examples(`
			# A session with the node's sshd, with ssh's own options
			ssh -o ProxyCommand='kubectl aksnode proxy %h' azureuser@aks-nodepool1-12345678-vmss000000

			# What the kubelet's health endpoint says
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
				return fmt.Errorf("%q is no port: it takes a number from 1 to 65535", o.port)
			}
			return o.run(c.Context())
		},
	}
	o.pod.add(c)
	addHop(c, a, &o.hop)
	c.Flags().StringVar(&o.uid, "uid", "", "Fail if the node is not the one of this UID")
	_ = c.Flags().MarkHidden("uid")
	return c
}

func addHop(c *cobra.Command, a *cli.App, hop *string) {
	c.Flags().StringVar(hop, "hop", "", "Linux node by way of which the node is reached; by default the node itself, or for Windows one that holds a tunnel agent")
	_ = c.RegisterFlagCompletionFunc("hop", func(c *cobra.Command, _ []string, text string) ([]string, cobra.ShellCompDirective) {
		return a.CompleteNodes(c, nil, text)
	})
}

func (o *proxyOptions) run(ctx context.Context) error {
	manager, options, err := o.pod.manager(o.app)
	if err != nil {
		return err
	}
	hint := explainContext{node: o.node}
	r, err := findRoute(ctx, manager, o.node, o.hop, options)
	if err != nil {
		return explain(hint, err)
	}
	hint.at(r)
	if o.uid != "" && string(r.node.UID) != o.uid {
		return explain(hint, cli.WithHint(fmt.Errorf("node %s was made anew since your SSH configuration was written", o.node),
			"write it again: kubectl aksnode ssh-config --write"))
	}
	l := &link{manager: manager, options: options, route: r}
	defer l.close()
	err = o.connect(ctx, l)
	if ctx.Err() != nil {
		return nil // ssh ends its ProxyCommand by a signal
	}
	if err != nil {
		hint.askAgents(manager.Clients, err)
	}
	return explain(hint, err)
}

func (o *proxyOptions) connect(ctx context.Context, l *link) error {
	if o.port == sshPort {
		pinned, err := l.pin(ctx)
		if err != nil {
			return err
		}
		if !pinned && !nodepod.IsWindows(l.route.node) && o.hop == "" {
			o.app.Printer().Warnf("the SSH host keys of node %[1]s are not known and cannot be read there now; to confirm them yourself: kubectl aksnode ssh %[1]s -i KEY", o.node)
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
	near := struct {
		io.Reader
		io.Writer
	}{o.app.Streams.In, o.app.Streams.Out}
	err = dial.Join(near, conn)
	if errors.Is(err, dial.ErrSilent) && o.port == sshPort {
		return nil // ssh has ended
	}
	if left := (*dial.NearError)(nil); errors.As(err, &left) {
		if cli.IsBrokenPipe(err) {
			return nil // its reader has what it wanted
		}
		return fmt.Errorf("writing to stdout: %w", err)
	}
	return l.route.dialError(o.port, err)
}
