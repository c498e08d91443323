package aksnode

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/noderun"
)

type logsOptions struct {
	app          *cli.App
	pod          podFlags
	source       logSource
	viaKubelet   bool
	controlPlane string
	node         string
}

func logsCommand(a *cli.App) *cobra.Command {
	o := &logsOptions{app: a}
	c := &cobra.Command{
		Use:   "logs NODE [-u UNIT]... [--kernel] [--file PATH]",
		Short: "Show a node's logs: units, kernel, files",
		Long: templates.LongDesc(`
			Show the journal of a Linux node's units, of the kubelet if none is named, or the kernel's, or a log file.

			With --via-kubelet, and for a Windows node, the kubelet itself is asked, and no pod is made: for files below
			/var/log (C:\var\log), and for services where the node log query is enabled. You need the right to get
			nodes/proxy for it.

			The logs of the control plane are not on the nodes: --control-plane prints the query for Log Analytics, where
			AKS sends them if a diagnostic setting says so.`),
		Example: templates.Examples(`
			# The kubelet's last 200 lines, then what comes
			kubectl aksnode logs aks-nodepool1-12345678-vmss000000 --tail 200 -f

			# Kernel messages on memory, of the last day
			kubectl aksnode logs aks-nodepool1-12345678-vmss000000 --kernel --since 24h --grep 'oom|memory'

			# A file
			kubectl aksnode logs aks-nodepool1-12345678-vmss000000 --file /var/log/azure/cluster-provision.log

			# A Windows node's kubelet, by its own log query
			kubectl aksnode logs aksnpwin000000 -u kubelet --tail 100

			# Where the API server's logs are
			kubectl aksnode logs --control-plane kube-apiserver --since 1h`),
		Args:                  cobra.MaximumNArgs(1),
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     a.CompleteNodes,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.node = args[0]
			}
			return o.run(c.Context(), time.Now())
		},
	}
	o.pod.add(c)
	o.source.add(c)
	c.Flags().BoolVar(&o.viaKubelet, "via-kubelet", false, "Ask the kubelet's own log endpoint: no pod is made")
	c.Flags().StringVar(&o.controlPlane, "control-plane", "", "Print the Log Analytics query for a component of the control plane, such as kube-apiserver, kube-audit, cluster-autoscaler")
	return c
}

func (o *logsOptions) run(ctx context.Context, now time.Time) error {
	if err := o.source.validate(); err != nil {
		return err
	}
	if o.controlPlane != "" {
		if o.node != "" {
			return errors.New("--control-plane is of the cluster: name no node")
		}
		query, err := o.source.analytics(o.controlPlane, now)
		if err == nil {
			_, err = fmt.Fprintln(o.app.Streams.Out, query)
		}
		return err
	}
	if o.node == "" {
		return cli.WithHint(errors.New("no node is named"), "see the nodes with: kubectl aksnode list")
	}
	manager, options, err := o.pod.manager(o.app)
	if err != nil {
		return err
	}
	hint := explainContext{node: o.node, command: o.source.argv(now)}
	if o.viaKubelet {
		err := o.fromKubelet(ctx, manager.Clients, now, &hint)
		return explain(hint, err)
	}
	lease, err := manager.Acquire(ctx, o.node, options)
	var unusable *nodepod.UnusableNodeError
	if errors.As(err, &unusable) && unusable.Windows {
		err := o.fromKubelet(ctx, manager.Clients, now, &hint)
		return explain(hint, err)
	}
	if err != nil {
		return o.unreachable(ctx, manager, hint, now, err)
	}
	defer lease.Release()
	session := &noderun.Session{
		Clients: manager.Clients, Pod: lease.Pod, Argv: hint.command, Out: o.app.Streams.Out, Err: o.app.Streams.ErrOut,
	}
	code, err := session.Run(ctx)
	if broken := brokenPipe(err); broken != nil {
		return broken
	}
	if err != nil {
		hint.askAgents(manager.Clients, err)
		return explain(hint, err)
	}
	return exitOf(code, nil)
}

// unreachable adds to the reason for which no pod starts there how Azure gives the same log.
func (o *logsOptions) unreachable(ctx context.Context, manager *nodepod.Manager, hint explainContext, now time.Time, err error) error {
	var unusable *nodepod.UnusableNodeError
	if errors.As(err, &unusable) && unusable.Machine {
		if node, nodeErr := nodepod.GetNode(ctx, manager.Clients, o.node); nodeErr == nil {
			if _, ok := id.Parse(node.Spec.ProviderID); ok {
				once := o.source
				once.follow = false // which would not end
				argv := cmdline.Quote(once.argv(now))
				return cli.ExitError{Code: transportFailed, Err: cli.WithHint(err,
					"through Azure: "+nodepod.RunCommandLine(node, argv),
					"if its sshd still runs, by way of another node: kubectl aksnode ssh "+o.node+" -i KEY -- sudo "+argv)}
			}
		}
	}
	return explain(hint, err)
}
