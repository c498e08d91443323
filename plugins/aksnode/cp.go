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
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/plugins/aksnode/copy"
)

type copyOptions struct {
	app      *cli.App
	pod      podFlags
	client   clientFlags
	execOnly bool
	via      string
	max      int // entries of a directory
	node     string
	remote   string // path on the node
	local    string
	download bool
}

func copyCommand(a *cli.App) *cobra.Command {
	o := &copyOptions{app: a}
	c := &cobra.Command{
		Use:   "cp NODE:PATH PATH | PATH NODE:PATH",
		Short: "Copy files and directories to and from a node",
		Long: templates.LongDesc(`
			Copy a file or a directory to or from a node, with modes, times and links, and verify checksums at the end. If
			the destination is an existing directory, the copy is created in it. Owners are not preserved: on a node, the
			copy belongs to root. Existing directories, and symbolic links to directories, are kept as they are; in a
			directory that another user of the node can change, a new directory replaces such a link. Do not copy into a
			directory whose owner you do not trust: cp writes as root, and the owner decides what the path leads to.

			An interrupted copy of a single file resumes automatically, or when you run the same command again. If a file is
			still growing, only what existed at the start is copied. Data from a node is compressed if the node has zstd and
			compression helps. Nothing that a node sends is written outside the destination: links that point outside the
			copied directory are skipped, with a warning.

			Linux nodes need no SSH server and no key. For a Windows node, cp runs your own scp, as
			'kubectl aksnode ssh' runs your own ssh. scp does not verify checksums or resume. Write a path on a Windows node as NODE:C:/path.

			With --via azure, a file of up to 64 KiB is copied from a Linux node with the run command of its virtual machine, in
			parts of 4 KiB that take half a minute each: this works while the node's kubelet is stopped.`),
		Example: templates.Examples(`
			# Copy logs from a node
			kubectl aksnode cp aks-nodepool1-12345678-vmss000000:/var/log/azure azure-logs

			# Copy a file to a node
			kubectl aksnode cp fix.sh aks-nodepool1-12345678-vmss000000:/tmp/

			# Copy from a Windows node
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
	addVia(c, &o.via)
	c.Flags().BoolVar(&o.execOnly, "no-port", false, "Copy only through exec: slower, but opens no port on the node's loopback interface")
	c.Flags().IntVar(&o.max, "max-entries", 1_000_000,
		"Stop copying a directory from a Linux node that has more files, directories and links than this; 0: no limit")
	return c
}

// remotePath matches NODE:PATH. A single letter before the colon is a drive of this computer.
var remotePath = regexp.MustCompile(`^([a-z0-9][a-z0-9.-]+):(.*)$`)

// drivePrefix matches the beginning of an absolute Windows path.
var drivePrefix = regexp.MustCompile(`^[A-Za-z]:`)

func (o *copyOptions) parse(from, to string) error {
	source, dest := remotePath.FindStringSubmatch(from), remotePath.FindStringSubmatch(to)
	switch {
	case source != nil && dest != nil:
		return cli.WithHint(errors.New("both paths are on nodes"), "copy to this computer first, and from here to the other node")
	case source == nil && dest == nil:
		return cli.WithHint(errors.New("neither path is on a node"),
			"write a path on a node as NODE:PATH, and a local path that contains a colon as ./PATH")
	case source != nil:
		o.download, o.node, o.remote, o.local = true, source[1], source[2], to
	default:
		o.node, o.remote, o.local = dest[1], dest[2], from
	}
	if o.remote == "" || o.local == "" {
		return errors.New("one of the paths is empty")
	}
	if strings.ContainsRune(o.remote, 0) {
		return fmt.Errorf("%q is not a valid path", o.remote)
	}
	return nil
}

func (o *copyOptions) run(ctx context.Context) error {
	if err := o.validateVia(); err != nil {
		return err
	}
	if err := o.client.validate(); err != nil {
		return err
	}
	if o.max < 0 {
		return fmt.Errorf("--max-entries is %d: it takes a number of at least 0", o.max)
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
	hint := hintContext{node: o.node}
	if o.via != "" {
		return withHints(hint, o.throughAzure(ctx, manager.Clients))
	}
	r, err := findRoute(ctx, manager, o.node, o.client.hop, options)
	if err != nil {
		return withHints(hint, err)
	}
	hint.setNode(r)
	l := &link{manager: manager, options: options, route: r, execOnly: o.execOnly}
	defer l.close()
	if err := o.acquirePod(ctx, l); err != nil {
		return withHints(hint, err)
	}
	if r.hops() || o.client.given() {
		return o.overSCP(ctx, l)
	}
	c := &copy.Copier{
		App: o.app, Clients: manager.Clients, Node: r.node, Lease: l.acquire, ExecOnly: o.execOnly,
		MaxEntries: o.max, Remote: o.remote, Local: o.local,
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
		hint.diagnoseTunnel(manager.Clients, err)
	}
	return withHints(hint, err)
}

func (o *copyOptions) validateVia() error {
	err := validateVia(o.via)
	switch {
	case err != nil || o.via == "":
		return err
	case !o.download:
		return cli.WithHint(errors.New("--via azure copies from a node only"),
			"run a script that writes the file: "+cmdline.Kubectl("aksnode", "run", o.node, "--via", viaAzure, "--script", "FILE").String())
	case o.client.given() || o.client.hop != "":
		return errors.New("--via cannot be used with the flags for SSH")
	case !path.IsAbs(o.remote):
		return fmt.Errorf("%q is not an absolute path, which --via azure needs", o.remote)
	}
	return nil
}

// acquirePod creates the node pod. Without permission to connect to its ports, it falls back to copying through exec.
func (o *copyOptions) acquirePod(ctx context.Context, l *link) error {
	_, err := l.acquire(ctx, nil)
	var denied *kube.DeniedError
	if l.execOnly || !errors.As(err, &denied) ||
		slices.ContainsFunc(denied.Missing, func(r kube.Right) bool { return r.Subresource != "portforward" }) {
		return err
	}
	o.app.Printer().Stepf("copying through exec: %v", err)
	l.execOnly, o.execOnly = true, true
	_, err = l.acquire(ctx, nil)
	return err
}

// trailing returns the slash at the end of a path, which marks a directory, or "".
func trailing(p string) string {
	if strings.HasSuffix(p, "/") {
		return "/"
	}
	return ""
}

// overSCP copies with the user's own scp.
func (o *copyOptions) overSCP(ctx context.Context, l *link) error {
	hint := hintContext{node: o.node}
	scp, err := findClient("scp", o.client.command)
	if err != nil {
		return withHints(hint, err)
	}
	host, err := o.client.host(ctx, l)
	if err != nil {
		return withHints(hint, err)
	}
	sshOptions, err := host.Args()
	if err != nil {
		return withHints(hint, err)
	}
	args := append([]string{"-r", "-p"}, sshOptions...)
	remote, local := o.node+":"+o.remote, o.local
	if nodepod.IsWindows(l.route.node) && drivePrefix.MatchString(o.remote) {
		remote = o.node + ":/" + o.remote // how sftp writes a drive
	}
	if !filepath.IsAbs(local) {
		local = "./" + local // so that scp does not take it for HOST:PATH
	}
	if o.download {
		args = append(args, "--", remote, local)
	} else {
		args = append(args, "--", local, remote)
	}
	code, stderr, err := scp.run(ctx, o.app, args)
	if err != nil || ctx.Err() != nil {
		return withHints(hint, errors.Join(err, context.Cause(ctx)))
	}
	if code != 0 {
		if err := sshError(l.route, host, nil, stderr); err != nil {
			return withHints(hint, err)
		}
		return cli.ExitError{Code: code}
	}
	return nil
}
