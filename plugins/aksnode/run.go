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
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/noderun"
)

type runOptions struct {
	app      *cli.App
	pod      podFlags
	choice   choice
	noTunnel bool
	timeout  time.Duration
	output   string
	script   string
	parallel int
	prefix   bool
	command  []string
}

func runCommand(a *cli.App) *cobra.Command {
	o := &runOptions{app: a}
	c := &cobra.Command{
		Use:   "run [NODE...] [--no-tunnel] -- COMMAND [ARG...]",
		Short: "Run a command on nodes and print what it gave",
		Long: templates.LongDesc(`
			Run a command on Linux nodes, as root in the namespaces of their first process, and print its stdout and
			stderr when it has ended. The nodes are named, or chosen by --all, -l or --pool. The exit code is the
			command's own, of several nodes the greatest; 255 says that it could not be run.

			With --no-tunnel the result comes back by the termination message of a pod, which the kubelet reports to
			the API server: this works while logs, exec and port-forward are broken. Of long outputs the beginning
			comes back (about 9 KB compressed), and everyone who may read pods in the namespace can read it for as
			long as the pod is there.`),
		Example: templates.Examples(`
			# A command, with its result as JSON
			kubectl aksnode run aks-nodepool1-12345678-vmss000000 -o json -- uptime

			# On all nodes of a pool, each line with its node
			kubectl aksnode run --pool nodepool1 --prefix -- sh -c 'journalctl -k -g oom -n 20 --no-pager'

			# A script, with an argument
			kubectl aksnode run --all --script check-disk.sh -- /var

			# While the tunnel is down
			kubectl aksnode run aks-nodepool1-12345678-vmss000000 --no-tunnel -- iptables -S`),
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
	flags.BoolVar(&o.choice.all, "all", false, "All Linux nodes")
	flags.BoolVar(&o.noTunnel, "no-tunnel", false, "Bring the result back by the pod's termination message: works while exec does not")
	flags.DurationVar(&o.timeout, "timeout", 0, "How long the command may take on a node (default 1m, with --no-tunnel 30s)")
	flags.StringVarP(&o.output, "output", "o", "", "Print the result as: json")
	flags.StringVar(&o.script, "script", "", "File with a script to run on the nodes, for a shell or python, of at most 64 KiB; - is stdin. What follows -- are its arguments")
	flags.IntVar(&o.parallel, "parallel", 8, "On how many nodes at once")
	flags.BoolVar(&o.prefix, "prefix", false, "Begin each line with its node")
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"json"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func (o *runOptions) validate() error {
	switch {
	case o.output != "" && o.output != "json":
		return fmt.Errorf("--output is %q: it takes json", o.output)
	case o.timeout < 0:
		return fmt.Errorf("--timeout is %s: it takes more than 0s", o.timeout)
	case o.parallel < 1 || o.parallel > 64:
		return fmt.Errorf("--parallel is %d: it takes 1 to 64", o.parallel)
	case !o.choice.made():
		return cli.WithHint(errors.New("no node is named"), "name nodes, or choose them by --all, -l or --pool", "see the nodes with: kubectl aksnode list")
	case len(o.command) == 0 && o.script == "":
		node := "NODE"
		if len(o.choice.names) == 1 {
			node = o.choice.names[0]
		}
		return cli.WithHint(errors.New("no command is given"), "put it after --: kubectl aksnode run "+node+" -- COMMAND", "for a shell: kubectl aksnode ssh "+node)
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
	if o.choice.many() {
		nodes, err := o.choice.nodes(ctx, manager.Clients)
		if err != nil {
			return explain(explainContext{}, err)
		}
		if names, err = o.linux(nodes); err != nil {
			return err
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	printer := o.results(len(names) > 1 || o.choice.many())
	return o.onNodes(ctx, names, printer, func(ctx context.Context, node string) (noderun.Output, error) {
		return o.onNode(ctx, manager, options, node)
	})
}

// linux returns the names of the nodes on which a Linux command can run, or might once they are mended.
func (o *runOptions) linux(nodes []corev1.Node) ([]string, error) {
	var names []string
	skipped := 0
	for _, n := range nodes {
		var unusable *nodepod.UnusableNodeError
		if _, err := nodepod.CheckNode(&n); errors.As(err, &unusable) && (unusable.Windows || !unusable.Machine) {
			skipped++
			continue
		}
		names = append(names, n.Name)
	}
	if skipped > 0 {
		o.app.Printer().Notef("%d of %d nodes are left out: they run Windows or are virtual", skipped, len(nodes))
	}
	if len(names) == 0 {
		return nil, errors.New("none of the chosen nodes runs Linux")
	}
	return names, nil
}

// onNode runs the command on one node, by the way in that the flags ask for.
func (o *runOptions) onNode(ctx context.Context, manager *nodepod.Manager, options nodepod.Options, node string) (noderun.Output, error) {
	hint := explainContext{node: node, command: o.command}
	var prober noderun.Prober = &noderun.Termination{Pods: manager, Options: options}
	if !o.noTunnel {
		lease, err := manager.Acquire(ctx, node, options)
		if err != nil {
			return noderun.Output{}, explain(hint, err)
		}
		defer lease.Release()
		prober = &noderun.Exec{
			Clients: manager.Clients,
			Pods:    func(context.Context, string) (nodepod.Pod, error) { return lease.Pod, nil },
		}
	}
	out, err := prober.Run(ctx, noderun.Place{Node: node}, noderun.Command{Argv: o.command, Timeout: o.timeout})
	if err != nil {
		hint.askAgents(manager.Clients, err)
	}
	return out, explain(hint, err)
}
