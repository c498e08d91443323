package aksnode

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/dial"
	"github.com/akstools/akstools/internal/localfile"
)

// rdpPort is the port of Remote Desktop.
const rdpPort = 3389

type forwardOptions struct {
	app   *cli.App
	pod   podFlags
	hop   string
	rdp   string
	node  string
	ports []forwarding
}

func forwardCommand(a *cli.App) *cobra.Command {
	o := &forwardOptions{app: a}
	c := &cobra.Command{
		Use:   "forward NODE [[ADDRESS:]LOCAL:]PORT...",
		Short: "Forward local ports to TCP ports of a node",
		Long: templates.LongDesc(`
			Listen on local ports and forward connections to TCP ports of a node, until Ctrl-C. The local address is 127.0.0.1
			unless another is given. If the connection to the cluster or the node pod is lost, open connections are reset,
			and new ones get a new pod.

			For a Linux node, the connections are made by a pod on the node itself, to its loopback interface. For a Windows
			node, or with --hop, they are made by a pod on another node, to the node's internal IP.`),
		Example: templates.Examples(`
			# Forward Remote Desktop of a Windows node, and write a .rdp file for it
			kubectl aksnode forward aksnpwin000000 --rdp

			# Forward the kubelet's health endpoint from a free local port
			kubectl aksnode forward aks-nodepool1-12345678-vmss000000 :10248

			# Forward several ports
			kubectl aksnode forward aksnpwin000000 13389:3389 15985:5985`),
		Args:                  cobra.MinimumNArgs(1),
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     a.CompleteNodes,
		RunE: func(c *cobra.Command, args []string) error {
			o.node = args[0]
			for _, text := range args[1:] {
				f, err := parseForwarding(text)
				if err != nil {
					return err
				}
				o.ports = append(o.ports, f)
			}
			return o.run(c.Context())
		},
	}
	o.pod.add(c)
	addHop(c, a, &o.hop)
	c.Flags().StringVar(&o.rdp, "rdp", "", "Forward to Remote Desktop and write a .rdp file for it (default: NODE.rdp)")
	c.Flags().Lookup("rdp").NoOptDefVal = " "
	return c
}

func (o *forwardOptions) run(ctx context.Context) error {
	if o.rdp != "" {
		o.addRDP()
	}
	if len(o.ports) == 0 {
		return cli.WithHint(errors.New("no port given"), "for example: "+cmdline.Kubectl("aksnode", "forward", o.node, "13389:3389").String())
	}
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
	l := &link{manager: manager, options: options, route: r}
	defer l.close()
	if _, err := l.acquire(ctx, nil); err != nil {
		return withHints(hint, err)
	}
	listeners, err := o.listen(r)
	if err != nil {
		return err
	}
	err = o.serve(ctx, l, listeners)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return withHints(hint, err)
}

// addRDP adds a forwarding from a free local port to Remote Desktop, unless there is one already.
func (o *forwardOptions) addRDP() {
	for _, f := range o.ports {
		if f.remote == rdpPort {
			return
		}
	}
	o.ports = append(o.ports, forwarding{addr: "127.0.0.1", remote: rdpPort})
}

// wsaAddrInUse is EADDRINUSE on Windows (https://learn.microsoft.com/windows/win32/winsock/windows-sockets-error-codes-2).
const wsaAddrInUse = syscall.Errno(10048)

// listen opens all local ports, or none.
func (o *forwardOptions) listen(r route) ([]*net.TCPListener, error) {
	var listeners []*net.TCPListener
	for _, f := range o.ports {
		l, err := f.listen()
		if err == nil && f.remote == rdpPort && o.rdp != "" {
			listeners = append(listeners, l)
			err = o.writeRDP(r, l.Addr().String())
		} else if err == nil {
			listeners = append(listeners, l)
		}
		if err != nil {
			for _, l := range listeners {
				_ = l.Close()
			}
			if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, wsaAddrInUse) {
				return nil, cli.WithHint(err, fmt.Sprintf("to use a free local port: :%d", f.remote))
			}
			return nil, err
		}
		fmt.Fprintf(o.app.Streams.Out, "Forwarding from %s -> %s:%d\n", l.Addr(), r.node.Name, f.remote)
	}
	return listeners, nil
}

// writeRDP writes a file for Remote Desktop clients
// (https://learn.microsoft.com/windows-server/remote/remote-desktop-services/clients/rdp-files).
func (o *forwardOptions) writeRDP(r route, addr string) error {
	path := o.rdp
	if path == " " {
		path = r.node.Name + ".rdp"
	}
	text := fmt.Sprintf("full address:s:%s\r\nusername:s:%s\r\nprompt for credentials:i:1\r\n", addr, defaultUser)
	if err := localfile.Write(path, []byte(text)); err != nil {
		return fmt.Errorf("--rdp: %w", err)
	}
	o.app.Printer().Notef("wrote %s", path)
	return nil
}

// serve forwards until ctx is done.
func (o *forwardOptions) serve(ctx context.Context, l *link, listeners []*net.TCPListener) error {
	g, ctx := errgroup.WithContext(ctx)
	var connections sync.WaitGroup
	for i, listener := range listeners {
		stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
		defer stop()
		port := strconv.Itoa(int(o.ports[i].remote))
		g.Go(func() error {
			for {
				near, err := listener.AcceptTCP()
				if err != nil {
					return err
				}
				connections.Go(func() { o.forward(ctx, l, near, port) })
			}
		})
	}
	err := g.Wait()
	connections.Wait()
	return err
}

// dialTimeout is how long a connection may take to be established, including a new node pod if one is needed.
const dialTimeout = 20 * time.Second

// forward serves one connection. If it breaks, near is reset, so that its user does not take that for a normal end.
func (o *forwardOptions) forward(ctx context.Context, l *link, near *net.TCPConn, port string) {
	defer near.Close()
	dialing, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	far, err := l.dial(dialing, port)
	if err == nil {
		stop := context.AfterFunc(ctx, func() { _ = far.Close() })
		err = dial.Join(near, far)
		stop()
		_ = far.Close()
	}
	if err == nil {
		return
	}
	_ = near.SetLinger(0)
	var nearErr *dial.NearError
	if ctx.Err() != nil || errors.As(err, &nearErr) {
		return // this command ends, or the local client is gone
	}
	if errors.Is(err, dial.ErrSilent) { // nearly always a client that has closed both directions, as curl does
		o.app.Printer().Stepf("resetting a connection to port %s: the local client closed it, and the node sent nothing for 10 s", port)
		return
	}
	err = l.currentRoute().dialError(port, err)
	o.app.Printer().Warnf("connection reset: %v", err)
	for _, h := range cli.Hints(err) {
		o.app.Printer().Notef("hint: %s", h)
	}
}
