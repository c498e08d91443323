package aksnode

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/noderun"
)

type runOptions struct {
	app      *cli.App
	pod      podFlags
	choice   choice
	noTunnel bool
	via      string
	timeout  time.Duration
	output   string
	script   string
	parallel int
	prefix   bool
	keep     string
	command  []string
}

// The values of --keep.
const (
	keepHead = "head"
	keepTail = "tail"
)

func runCommand(a *cli.App) *cobra.Command {
	o := &runOptions{app: a}
	c := &cobra.Command{
		Use:   "run [NODE...] [--no-tunnel|--via azure] -- COMMAND [ARG...]",
		Short: "Run a command on nodes and print its output",
		Long: templates.LongDesc(`
			Run a command on Linux nodes, as root in the namespaces of PID 1, and print its stdout and stderr once it
			has exited. Give the names of nodes, or select them with --all, -l or --pool. The exit code is that of the
			command, or the highest one if there are several nodes. 255 means that the command
			could not be run, or that its exit code is unknown.

			With --no-tunnel, the result is returned through the termination message of a pod, which the kubelet reports to
			the API server. This works even while logs, exec and port-forward are broken. Only the beginning of
			a long output is returned, or with --keep tail its end: about 9 KB after compression.

			Put no secret in a command or script with --no-tunnel, and print none: the command and the whole script are part
			of the Job's specification. While the Job exists, everyone with permission to read Jobs or pods in the namespace
			can read them and the result. The API server's audit log may keep the command and the script.

			With --via azure, the command runs with the run command of the node's virtual machine, without a pod: this works
			while the node's kubelet is stopped. It takes half a minute, one command at a time runs on a machine, and about
			3 KB of output are returned after compression. You need to be signed in to Azure (az login), with the permission
			Microsoft.Compute/virtualMachineScaleSets/virtualMachines/runCommand/action. Put no secret in it: the virtual
			machine's agent keeps the command and the script on the node's disk.`),
		Example: templates.Examples(`
			# Run a command and print the result as JSON
			kubectl aksnode run aks-nodepool1-12345678-vmss000000 -o json -- uptime

			# Run it on all nodes of a pool, and prefix each line with the node
			kubectl aksnode run --pool nodepool1 --prefix -- sh -c 'journalctl -k -g oom -n 20 --no-pager'

			# Run a script with an argument
			kubectl aksnode run --all --script check-disk.sh -- /var

			# Run a command while the tunnel is down
			kubectl aksnode run aks-nodepool1-12345678-vmss000000 --no-tunnel -- iptables -S

			# Read the end of a log while the tunnel is down
			kubectl aksnode run aks-nodepool1-12345678-vmss000000 --no-tunnel --keep tail -- journalctl -u kubelet --no-pager

			# Read the end of a log while the kubelet is stopped
			kubectl aksnode run aks-nodepool1-12345678-vmss000000 --via azure --keep tail -- journalctl -u kubelet -n 20 --no-pager`),
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     a.CompleteMoreNodes,
		RunE: func(c *cobra.Command, args []string) error {
			o.choice.names = args
			if dash := c.ArgsLenAtDash(); dash >= 0 {
				o.choice.names, o.command = args[:dash], args[dash:]
			}
			return o.run(c.Context())
		},
	}
	o.pod.add(c)
	o.choice.add(c)
	flags := c.Flags()
	flags.BoolVar(&o.choice.all, "all", false, "Run on all Linux nodes")
	flags.BoolVar(&o.noTunnel, "no-tunnel", false, "Return the result through the pod's termination message: works while exec is broken")
	flags.DurationVar(&o.timeout, "timeout", 0, "How long the command may take on each node (default 1m, with --no-tunnel or --via 30s)")
	flags.StringVarP(&o.output, "output", "o", "", "Output format: json")
	flags.StringVar(&o.script, "script", "",
		"File with a shell or Python script to run on the nodes, up to 64 KiB; - is stdin. Its arguments follow --. "+
			"With --no-tunnel or --via azure, it is kept where others may read it")
	flags.IntVar(&o.parallel, "parallel", 8, "Maximum number of nodes to run on at the same time")
	flags.BoolVar(&o.prefix, "prefix", false, "Prefix each line with the name of its node")
	addVia(c, &o.via)
	flags.StringVar(&o.keep, "keep", keepHead, "What to keep of output that is too long to be returned: head or tail")
	_ = c.RegisterFlagCompletionFunc("keep", cobra.FixedCompletions([]string{keepHead, keepTail}, cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"json"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func (o *runOptions) validate() error {
	if err := validateVia(o.via); err != nil {
		return err
	}
	switch {
	case o.via != "" && o.noTunnel:
		return errors.New("--via and --no-tunnel cannot be used together")
	case o.output != "" && o.output != "json":
		return fmt.Errorf("--output is %q: it takes json", o.output)
	case o.keep != keepHead && o.keep != keepTail:
		return fmt.Errorf("--keep is %q: it takes head or tail", o.keep)
	case o.timeout < 0:
		return fmt.Errorf("--timeout is %s: it takes more than 0s", o.timeout)
	case o.parallel < 1 || o.parallel > 64:
		return fmt.Errorf("--parallel is %d: it takes 1 to 64", o.parallel)
	case !o.choice.given():
		return cli.WithHint(errors.New("no node given"),
			"give the names of nodes, or select them with --all, -l or --pool", "list the nodes: kubectl aksnode list")
	case len(o.command) == 0 && o.script == "":
		node := "NODE"
		if len(o.choice.names) == 1 {
			node = o.choice.names[0]
		}
		return cli.WithHint(errors.New("no command given"),
			"put it after --: "+cmdline.Kubectl("aksnode", "run", node, "--", "COMMAND").String(),
			"for a shell: "+cmdline.Kubectl("aksnode", "ssh", node).String())
	}
	return nil
}

func (o *runOptions) run(ctx context.Context) error {
	if err := o.validate(); err != nil {
		return err
	}
	if o.script != "" {
		command, err := scriptCommand(o.script, o.app.Streams.In, o.command)
		if err != nil {
			return err
		}
		o.command = command
	}
	manager, options, err := o.pod.manager(o.app)
	if err != nil {
		return err
	}
	names := o.choice.names
	var nodes []corev1.Node
	if o.choice.byFlags() {
		nodes, err = o.choice.nodes(ctx, manager.Clients)
		if err != nil {
			return withHints(hintContext{}, err)
		}
		if names, err = o.linuxNodes(nodes); err != nil {
			return err
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	o.parallel = min(o.parallel, len(names))
	run := func(ctx context.Context, node string) (noderun.Output, error) {
		return o.onNode(ctx, manager, options, node)
	}
	if o.via != "" {
		m, err := o.pod.machines(o.app, manager.Clients)
		if err != nil {
			return err
		}
		run = func(ctx context.Context, node string) (noderun.Output, error) {
			out, err := m.Runner(1).Run(ctx, node, o.toRun())
			return out, withHints(hintContext{node: node, command: o.command}, o.leftCluster(node, err))
		}
	}
	printer := o.results(len(names) > 1 || o.choice.byFlags())
	err = o.onNodes(ctx, names, printer, run)
	if o.choice.byFlags() && ctx.Err() == nil {
		o.noteJoined(ctx, manager.Clients, nodes)
	}
	return err
}

// toRun returns the command.
func (o *runOptions) toRun() noderun.Command {
	return noderun.Command{Argv: o.command, Timeout: o.timeout, KeepEnd: o.keep == keepTail}
}

// linuxNodes returns the names of the Linux nodes, including those that are not ready.
func (o *runOptions) linuxNodes(nodes []corev1.Node) ([]string, error) {
	var names []string
	skipped := 0
	for _, n := range nodes {
		var unusable *nodepod.UnusableNodeError
		if _, err := nodepod.CheckNode(&n); errors.As(err, &unusable) && (nodepod.IsWindows(&n) || !unusable.Machine) {
			skipped++
			continue
		}
		names = append(names, n.Name)
	}
	if skipped > 0 {
		o.app.Printer().Notef("skipping %d of %d nodes: they run Windows or are virtual nodes", skipped, len(nodes))
	}
	if len(names) == 0 {
		return nil, errors.New("none of the selected nodes runs Linux")
	}
	return names, nil
}

// onNode runs the command on one node.
func (o *runOptions) onNode(ctx context.Context, manager *nodepod.Manager, options nodepod.Options, node string) (noderun.Output, error) {
	hint := hintContext{node: node, command: o.command}
	var runner noderun.Runner = &noderun.Termination{Pods: manager, Options: options}
	if !o.noTunnel {
		lease, err := manager.Acquire(ctx, node, options)
		if err != nil {
			return noderun.Output{}, withHints(hint, o.leftCluster(node, err))
		}
		defer lease.Release()
		runner = &noderun.Exec{
			Clients: manager.Clients,
			Pods:    func(context.Context, string) (nodepod.Pod, error) { return lease.Pod, nil },

			MaxOutput: min(noderun.MaxOutput, maxRunning/(2*o.parallel)),
		}
	}
	out, err := runner.Run(ctx, node, o.toRun())
	if err != nil {
		hint.diagnoseTunnel(manager.Clients, err)
	}
	return out, withHints(hint, o.leftCluster(node, err))
}
