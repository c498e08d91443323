package aksnode

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/noderun"
)

type logsOptions struct {
	app          *cli.App
	pod          podFlags
	source       logSource
	viaKubelet   bool
	via          string
	controlPlane string
	node         string
}

func logsCommand(a *cli.App) *cobra.Command {
	o := &logsOptions{app: a}
	c := &cobra.Command{
		Use:   "logs NODE [-u UNIT]... [--kernel] [--file PATH]",
		Short: "Show a node's logs: systemd units, kernel, files",
		Long: templates.LongDesc(`
			Show the journal of systemd units on a Linux node (by default of the kubelet), the kernel log, or a log file.

			With --via-kubelet, and for Windows nodes, the logs are read through the kubelet's API and no pod is created. The
			kubelet serves files below /var/log (C:\var\log), and the logs of services if the node log query is enabled. This
			requires permission to get nodes/proxy.

			With --via azure, the log is read with the run command of the node's virtual machine, which works while its kubelet is
			stopped. Only the end of a long log is returned: about 3 KB after compression. See 'kubectl aksnode run --help'.

			On a terminal, control characters in a log are replaced. In pipes and files the log is unchanged.

			The logs of the control plane are not on the nodes. --control-plane prints a query for Log Analytics, to which AKS
			sends them if you have configured a diagnostic setting.`),
		Example: templates.Examples(`
			# Show the last 200 lines of the kubelet's log, and follow it
			kubectl aksnode logs aks-nodepool1-12345678-vmss000000 --tail 200 -f

			# Show kernel messages about memory from the last day
			kubectl aksnode logs aks-nodepool1-12345678-vmss000000 --kernel --since 24h --grep 'oom|memory'

			# Show a log file
			kubectl aksnode logs aks-nodepool1-12345678-vmss000000 --file /var/log/azure/cluster-provision.log

			# Show the log of the kubelet on a Windows node
			kubectl aksnode logs aksnpwin000000 -u kubelet --tail 100

			# Print the query for the API server's log
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
	c.Flags().BoolVar(&o.viaKubelet, "via-kubelet", false, "Read the logs through the kubelet's API, without a pod")
	addVia(c, &o.via)
	c.Flags().StringVar(&o.controlPlane, "control-plane", "",
		"Print the Log Analytics query for a component of the control plane, such as kube-apiserver, kube-audit, cluster-autoscaler")
	return c
}

func (o *logsOptions) run(ctx context.Context, now time.Time) error {
	if err := o.source.validate(); err != nil {
		return err
	}
	if err := o.validateVia(); err != nil {
		return err
	}
	if o.controlPlane != "" {
		if o.node != "" {
			return errors.New("--control-plane cannot be used with a node")
		}
		query, err := o.source.analytics(o.controlPlane, now)
		if err == nil {
			_, err = fmt.Fprintln(o.app.Streams.Out, query)
		}
		return err
	}
	if o.node == "" {
		return errNoNode()
	}
	manager, options, err := o.pod.manager(o.app)
	if err != nil {
		return err
	}
	hint := hintContext{node: o.node, command: o.source.argv(now)}
	node, err := nodepod.GetNode(ctx, manager.Clients, o.node)
	if err != nil {
		return withHints(hint, err)
	}
	if o.via != "" {
		return withHints(hint, o.throughAzure(ctx, manager.Clients, hint.command))
	}
	if o.viaKubelet || nodepod.IsWindows(node) {
		err := o.fromKubelet(ctx, manager.Clients, node, now, &hint)
		return withHints(hint, err)
	}
	lease, err := manager.Acquire(ctx, o.node, options)
	if err != nil {
		return o.withAlternatives(hint, node, now, err)
	}
	defer lease.Release()
	streams := o.app.LogStreams()
	session := &noderun.Session{Clients: manager.Clients, Pod: lease.Pod, Argv: hint.command, Out: streams.Out, Err: streams.ErrOut}
	code, err := session.Run(ctx)
	if exit := brokenPipe(err); exit != nil {
		return exit
	}
	if err != nil {
		hint.diagnoseTunnel(manager.Clients, err)
		return withHints(hint, err)
	}
	return exitOf(code, nil)
}

func (o *logsOptions) validateVia() error {
	switch {
	case o.via == "":
		return nil
	case o.viaKubelet:
		return errors.New("--via and --via-kubelet cannot be used together")
	case o.source.follow:
		return errNoFollow
	}
	return validateVia(o.via)
}

// throughAzure prints the end of the log, which the command prints on the node.
func (o *logsOptions) throughAzure(ctx context.Context, clients *kube.Clients, command []string) error {
	m, err := o.pod.machines(o.app, clients)
	if err != nil {
		return err
	}
	out, err := m.Runner(1).Run(ctx, o.node, noderun.Command{Argv: command, KeepEnd: true})
	if err != nil {
		return err
	}
	streams := o.app.LogStreams()
	if _, err = streams.Out.Write(out.Stdout); err == nil {
		_, err = streams.ErrOut.Write(out.Stderr)
	}
	if cli.IsBrokenPipe(err) {
		return cli.ExitError{Code: 128 + int(syscall.SIGPIPE)}
	}
	if out.Truncated {
		o.app.Printer().Warnf("the log is too long: only the last %d of %d bytes were returned", len(out.Stdout), out.StdoutBytes)
	}
	return exitOf(out.ExitCode, err)
}

// withAlternatives adds to err, by which no pod could start on the node, hints on other ways to get the same log.
func (o *logsOptions) withAlternatives(hint hintContext, node *corev1.Node, now time.Time, err error) error {
	var unusable *nodepod.UnusableNodeError
	if !errors.As(err, &unusable) || !unusable.Machine {
		return withHints(hint, err)
	}
	if _, ok := id.Parse(node.Spec.ProviderID, node.Name); !ok {
		return withHints(hint, err)
	}
	azure := cmdline.Kubectl("aksnode", "logs", o.node, "--via", viaAzure).With(o.source.flags()...).String()
	once := o.source
	once.follow = false
	if !unusable.NotReady { // the error has hints on the other ways
		return withHints(hint, cli.WithHint(err, "read the log through Azure: "+azure))
	}
	return cli.ExitError{Code: transportFailed, Err: cli.WithHint(err,
		"read the log through Azure: "+azure,
		"if its sshd still works, connect via another node: "+
			cmdline.Kubectl("aksnode", "ssh", o.node, "-i", "KEY", "--", "sudo").With(once.argv(now)...).String())}
}
