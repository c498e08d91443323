package aksnode

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/probe"
)

type runOptions struct {
	app      *cli.App
	pod      podFlags
	noTunnel bool
	timeout  time.Duration
	output   string
	node     string
	command  []string
}

func runCommand(a *cli.App) *cobra.Command {
	o := &runOptions{app: a}
	c := &cobra.Command{
		Use:   "run NODE [--no-tunnel] -- COMMAND [ARG...]",
		Short: "Run a command on a node and print what it gave",
		Long: templates.LongDesc(`
			Run a command on a Linux node, as root in the namespaces of its first process, and print its stdout and
			stderr when it has ended. The exit code is the command's own; 255 says that it could not be run.

			With --no-tunnel the result comes back by the termination message of a pod, which the kubelet reports to
			the API server: this works while logs, exec and port-forward are broken. Of long outputs the beginning
			comes back (about 9 KB compressed), and everyone who may read pods in the namespace can read it for as
			long as the pod is there.`),
		Example: templates.Examples(`
			# A command, with its result as JSON
			kubectl aksnode run aks-nodepool1-12345678-vmss000000 -o json -- uptime

			# While the tunnel is down
			kubectl aksnode run aks-nodepool1-12345678-vmss000000 --no-tunnel -- iptables -S`),
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     a.CompleteNodes,
		RunE: func(c *cobra.Command, args []string) (err error) {
			if o.node, o.command, err = nodeAndCommand(c, args); err != nil {
				return err
			}
			if len(o.command) == 0 {
				return cli.WithHint(fmt.Errorf("no command is given"), "put it after --: kubectl aksnode run "+o.node+" -- COMMAND",
					"for a shell: kubectl aksnode ssh "+o.node)
			}
			return o.run(c.Context())
		},
	}
	o.pod.add(c)
	c.Flags().BoolVar(&o.noTunnel, "no-tunnel", false, "Bring the result back by the pod's termination message: works while exec does not")
	c.Flags().DurationVar(&o.timeout, "timeout", 0, "How long the command may take (default 1m, with --no-tunnel 30s)")
	c.Flags().StringVarP(&o.output, "output", "o", "", "Print the result as: json")
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"json"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func (o *runOptions) run(ctx context.Context) error {
	if o.output != "" && o.output != "json" {
		return fmt.Errorf("--output is %q: it takes json", o.output)
	}
	if o.timeout < 0 {
		return fmt.Errorf("--timeout is %s: it takes more than 0s", o.timeout)
	}
	manager, options, err := o.pod.manager(o.app)
	if err != nil {
		return err
	}
	hint := explainContext{node: o.node, command: o.command}
	prober, release, err := o.prober(ctx, manager, options)
	if err != nil {
		return explain(hint, err)
	}
	defer release()
	out, err := prober.Run(ctx, probe.Place{Node: o.node}, probe.Command{Argv: o.command, Timeout: o.timeout})
	if err != nil {
		hint.askAgents(manager.Clients, err)
		return explain(hint, err)
	}
	return o.print(out)
}

// prober returns the way in that the flags ask for; release must be called.
func (o *runOptions) prober(ctx context.Context, manager *nodepod.Manager, options nodepod.Options) (p probe.Prober, release func(), err error) {
	if o.noTunnel {
		return &probe.Termination{Pods: manager, Options: options}, func() {}, nil
	}
	lease, err := manager.Acquire(ctx, o.node, options)
	if err != nil {
		return nil, nil, err
	}
	exec := &probe.Exec{
		Clients: manager.Clients,
		Pods:    func(context.Context, string) (nodepod.Pod, error) { return lease.Pod, nil },
	}
	return exec, lease.Release, nil
}

// runResult is the JSON form of a result.
type runResult struct {
	APIVersion  string  `json:"apiVersion"`
	Kind        string  `json:"kind"`
	Node        string  `json:"node"`
	ExitCode    int     `json:"exitCode"`
	Stdout      string  `json:"stdout"`
	Stderr      string  `json:"stderr"`
	Truncated   bool    `json:"truncated"`
	TookSeconds float64 `json:"tookSeconds"`
}

func (o *runOptions) print(out probe.Output) error {
	if o.output == "json" {
		encoder := json.NewEncoder(o.app.Streams.Out)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(runResult{
			APIVersion: apiVersion, Kind: "RunResult", Node: o.node, ExitCode: out.ExitCode,
			Stdout: string(out.Stdout), Stderr: string(out.Stderr), Truncated: out.Truncated, TookSeconds: out.Took.Seconds(),
		}); err != nil {
			return err
		}
	} else {
		if _, err := o.app.Streams.Out.Write(out.Stdout); err != nil {
			return err
		}
		if _, err := o.app.Streams.ErrOut.Write(out.Stderr); err != nil {
			return err
		}
	}
	if out.Truncated {
		o.app.Printer().Warnf("the output was longer than can be brought back: this is its beginning")
	}
	if out.ExitCode != 0 {
		return cli.ExitError{Code: out.ExitCode}
	}
	return nil
}
