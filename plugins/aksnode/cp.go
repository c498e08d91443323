package aksnode

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/plugins/aksnode/copy"
)

type copyOptions struct {
	app      *cli.App
	pod      podFlags
	client   clientFlags
	slow     bool
	node     string
	remote   string // path on the node
	local    string
	download bool
}

func copyCommand(a *cli.App) *cobra.Command {
	o := &copyOptions{app: a}
	c := &cobra.Command{
		Use:   "cp NODE:PATH PATH | PATH NODE:PATH",
		Short: "Copy files and folders to and from a node",
		Long: templates.LongDesc(`
			Copy a file or a folder from a node or to it, with modes, times and links, and compare checksums at the end.
			What comes from a node that has zstd is compressed on its way, where that gains. Into a folder that is there
			it goes under its own name. Owners are not kept: on a node all is root's, and folders that are there, and
			links to such, stay as they are.

			A single file that was cut off is gone on with, by this command at once, or by the same command later. Of a
			file that grows, what was there at the start is copied. Nothing in what a node sends is written outside the
			destination: links that lead out of a folder are left out, and named.

			Linux nodes need neither SSH nor a key. For a Windows node your own scp is run as 'kubectl aksnode ssh' runs
			ssh, which neither compares checksums nor goes on with a part; a path there is written as NODE:C:/path.`),
		Example: templates.Examples(`
			# Logs from a node
			kubectl aksnode cp aks-nodepool1-12345678-vmss000000:/var/log/azure azure-logs

			# A file to a node
			kubectl aksnode cp fix.sh aks-nodepool1-12345678-vmss000000:/tmp/

			# From a Windows node
			kubectl aksnode cp -i ~/.ssh/id_rsa aksnpwin000000:C:/k/kubelet.err.log .`),
		Args:                  cobra.ExactArgs(2),
		DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.parse(args[0], args[1]); err != nil {
				return err
			}
			return o.run(c.Context())
		},
	}
	o.pod.add(c)
	o.client.add(c, a)
	c.Flags().BoolVar(&o.slow, "no-port", false, "Copy by exec only: slower, but opens no port on the node's loopback")
	return c
}

// remotePath is NODE:PATH. A single letter before the colon is a drive of this computer.
var remotePath = regexp.MustCompile(`^([a-z0-9][a-z0-9.-]+):(.*)$`)

// drive is the beginning of an absolute path of Windows.
var drive = regexp.MustCompile(`^[A-Za-z]:`)

func (o *copyOptions) parse(from, to string) error {
	source, dest := remotePath.FindStringSubmatch(from), remotePath.FindStringSubmatch(to)
	switch {
	case source != nil && dest != nil:
		return errors.New("both are on nodes: copy to this computer first")
	case source == nil && dest == nil:
		return cli.WithHint(errors.New("neither is on a node"), "a path on a node is written as NODE:PATH; one of this computer with a colon as ./PATH")
	case source != nil:
		o.download, o.node, o.remote, o.local = true, source[1], source[2], to
	default:
		o.node, o.remote, o.local = dest[1], dest[2], from
	}
	if o.remote == "" || o.local == "" {
		return errors.New("a path is empty")
	}
	if strings.ContainsRune(o.remote, 0) {
		return fmt.Errorf("%q is no path", o.remote)
	}
	return nil
}

func (o *copyOptions) run(ctx context.Context) error {
	if err := o.client.validate(); err != nil {
		return err
	}
	if !o.download {
		if _, err := os.Stat(o.local); err != nil {
			return err
		}
	}
	manager, options, err := o.pod.manager(o.app)
	if err != nil {
		return err
	}
	hint := explainContext{node: o.node}
	r, err := findRoute(ctx, manager, o.node, o.client.hop, options)
	if err != nil {
		return explain(hint, err)
	}
	hint.at(r)
	l := &link{manager: manager, options: options, route: r, execOnly: o.slow}
	defer l.close()
	if err := o.lend(ctx, l); err != nil {
		return explain(hint, err)
	}
	if r.hops() || o.client.asked() {
		return o.overSCP(ctx, l)
	}
	c := &copy.Copier{
		App: o.app, Clients: manager.Clients, Node: r.node, Lease: l.lend, ExecOnly: o.slow,
		Remote: o.remote, Local: o.local,
	}
	if !path.IsAbs(c.Remote) {
		c.Remote = path.Join("/root", c.Remote) + trailing(c.Remote)
	}
	if o.download {
		err = c.Download(ctx)
	} else {
		err = c.Upload(ctx)
	}
	if err != nil && ctx.Err() == nil {
		hint.askAgents(manager.Clients, err)
	}
	return explain(hint, err)
}

// lend gets the node pod. Who may not connect to its ports copies by exec.
func (o *copyOptions) lend(ctx context.Context, l *link) error {
	_, err := l.lend(ctx, nil)
	var denied *kube.DeniedError
	if errors.As(err, &denied) && !l.execOnly && !slices.ContainsFunc(denied.Missing, func(r kube.Right) bool { return r.Subresource != "portforward" }) {
		o.app.Printer().Stepf("copying by exec: %v", err)
		l.execOnly, o.slow = true, true
		_, err = l.lend(ctx, nil)
	}
	return err
}

// trailing is the slash by which a path says that it is a folder.
func trailing(p string) string {
	if strings.HasSuffix(p, "/") {
		return "/"
	}
	return ""
}

// overSCP runs the user's scp.
func (o *copyOptions) overSCP(ctx context.Context, l *link) error {
	hint := explainContext{node: o.node}
	scp, err := findClient("scp")
	if err != nil {
		return explain(hint, err)
	}
	host, err := o.client.host(ctx, l)
	if err != nil {
		return explain(hint, err)
	}
	sshOptions, err := host.Args()
	if err != nil {
		return explain(hint, err)
	}
	args := append([]string{"-r", "-p"}, sshOptions...)
	remote, local := o.node+":"+o.remote, o.local
	if nodepod.IsWindows(l.route.node) && drive.MatchString(o.remote) {
		remote = o.node + ":/" + o.remote // sftp's way to write a drive
	}
	if !filepath.IsAbs(local) {
		local = "./" + local // not taken for a host
	}
	if o.download {
		args = append(args, "--", remote, local)
	} else {
		args = append(args, "--", local, remote)
	}
	code, stderr, err := scp.run(ctx, o.app, args)
	if err != nil || ctx.Err() != nil {
		return explain(hint, errors.Join(err, context.Cause(ctx)))
	}
	if code != 0 {
		if why := failed(l.route, host, nil, stderr); why != nil {
			return explain(hint, why)
		}
		return cli.ExitError{Code: code}
	}
	return nil
}
