// Command lab runs a real two-node Kubernetes cluster, shaped like AKS, on this machine, and breaks it on request.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/akstools/akstools/test/lab/internal/appliance"
	"github.com/akstools/akstools/test/lab/internal/arm"
	"github.com/akstools/akstools/test/lab/internal/cloudprovider"
	"github.com/akstools/akstools/test/lab/internal/cluster"
	"github.com/akstools/akstools/test/lab/internal/controlplane"
	"github.com/akstools/akstools/test/lab/internal/fault"
	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/loadbalancer"
	"github.com/akstools/akstools/test/lab/internal/node"
	"github.com/akstools/akstools/test/lab/internal/outbound"
	"github.com/akstools/akstools/test/lab/internal/policy"
	"github.com/akstools/akstools/test/lab/internal/target"
	"github.com/akstools/akstools/test/lab/internal/windows"
	"github.com/akstools/akstools/test/lab/internal/zone"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func command() *cobra.Command {
	root := &cobra.Command{
		Use: "lab", Short: "A real two-node cluster, shaped like AKS, on one machine",
		SilenceUsage: true, SilenceErrors: true,
	}
	root.AddCommand(
		upCommand(), downCommand(), statusCommand(), execCommand(), serviceCommand(), windowsCommand(), faultCommand(),
		dnsCommand(), azureCommand(), workloadIdentityCommand(), secretsStoreCommand(),
	)
	root.AddCommand(internalCommands()...)
	return root
}

// newLab returns the lab of the checkout that contains the binary, bin/lab.
func newLab() cluster.Lab {
	return cluster.Lab{Checkout: filepath.Dir(filepath.Dir(layout.Self())), Tunnel: controlplane.Konnectivity, Progress: os.Stderr}
}

func upCommand() *cobra.Command {
	tunnel, profile, apps, azure, targets := string(controlplane.Konnectivity), string(node.Ubuntu), false, false, false
	pools := cloudprovider.NodeIP
	c := &cobra.Command{
		Use: "up", Short: "Start the lab; does nothing if it is running", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			l := newLab()
			azure = azure || targets
			l.Tunnel, l.Apps, l.Azure, l.Profile = controlplane.Tunnel(tunnel), apps || azure, azure, node.Profile(profile)
			l.Targets = targets
			if azure {
				l.Pools = pools
			}
			return l.Up(c.Context())
		},
	}
	c.Flags().StringVar(&tunnel, "tunnel", tunnel, fmt.Sprintf("How the API server reaches nodes and pods: one of %v", controlplane.Tunnels()))
	c.Flags().StringVar(&profile, "profile", profile, fmt.Sprintf("Whose paths and programs the nodes imitate: one of %v", node.Profiles()))
	c.Flags().BoolVar(&apps, "apps", apps, "Add a load balancer, enforced NetworkPolicies, and the DNS zone "+layout.AppsZone)
	c.Flags().BoolVar(&azure, "azure", azure, "Add Azure Resource Manager, whose network security groups the switch enforces; includes --apps")
	c.Flags().BoolVar(&targets, "targets", targets, "Add servers for the data services in Azure Resource Manager; includes --azure")
	c.Flags().StringVar(&pools, "pools", pools, fmt.Sprintf("What backend pools consist of with --azure: one of %v", cloudprovider.Pools()))
	return c
}

func downCommand() *cobra.Command {
	return &cobra.Command{
		Use: "down", Short: "Stop the lab and remove everything that it created", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return newLab().Down(c.Context()) },
	}
}

func statusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show nodes and pods; fails if one is not ready", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return newLab().Status(c.Context()) },
	}
}

func execCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "exec MACHINE -- COMMAND [ARG...]",
		Short: "Run a command on a machine: a node, control-plane, switch, appliance, azure, loadbalancer or client",
		Args:  cobra.MinimumNArgs(2), DisableFlagsInUseLine: true,
		RunE: func(_ *cobra.Command, args []string) error {
			if n, ok := layout.FindNode(args[0]); ok {
				return node.Exec(n, args[1:])
			}
			if args[0] == layout.Windows {
				return windows.Exec(args[1:])
			}
			return cluster.Exec(args[0], args[1:])
		},
	}
}

func serviceCommand() *cobra.Command {
	return &cobra.Command{
		Use: "service NODE stop|start kubelet|containerd|ssh", Short: "Stop or start a service of a node", Args: cobra.ExactArgs(3),
		RunE: func(c *cobra.Command, args []string) error {
			n, ok := layout.FindNode(args[0])
			if !ok {
				return fmt.Errorf("unknown node %q", args[0])
			}
			if args[1] != "stop" && args[1] != "start" {
				return fmt.Errorf("%q is neither stop nor start", args[1])
			}
			cmd := node.Command(c.Context(), n, "systemctl", args[1], args[2])
			cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
			return cmd.Run()
		},
	}
}

func windowsCommand() *cobra.Command {
	c := &cobra.Command{Use: "windows", Short: "Add the Windows node " + layout.Windows + ", or remove it"}
	c.AddCommand(
		&cobra.Command{
			Use: "start", Short: "Start its machine, with sshd and a listener on port 3389, and add its Node", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error { return windows.Start(c.Context()) },
		},
		&cobra.Command{
			Use: "stop", Short: "Stop its machine and remove its Node", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error { return windows.Stop(c.Context()) },
		},
	)
	return c
}

func workloadIdentityCommand() *cobra.Command {
	return addonCommand(
		"workload-identity", "the webhook of Azure Workload Identity", "pods that it has changed stay",
		cluster.Lab.StartWorkloadIdentity, cluster.Lab.StopWorkloadIdentity,
	)
}

func secretsStoreCommand() *cobra.Command {
	return addonCommand(
		"secrets-store", "the Secrets Store CSI Driver with its provider for Azure Key Vault", "no pod must use a volume of it",
		cluster.Lab.StartSecretsStore, cluster.Lab.StopSecretsStore,
	)
}

// addonCommand starts and stops what an add-on of AKS has in the cluster.
func addonCommand(name, what, left string, start, stop func(cluster.Lab, context.Context) error) *cobra.Command {
	c := &cobra.Command{Use: name, Short: "Add " + what + ", as AKS's add-on has it, or remove it"}
	run := func(do func(cluster.Lab, context.Context) error) func(*cobra.Command, []string) error {
		return func(c *cobra.Command, _ []string) error { return do(newLab(), c.Context()) }
	}
	c.AddCommand(
		&cobra.Command{Use: "start", Short: "Build it, start its pods and wait until they are ready", Args: cobra.NoArgs, RunE: run(start)},
		&cobra.Command{Use: "stop", Short: "Remove it; " + left, Args: cobra.NoArgs, RunE: run(stop)},
	)
	return c
}

func dnsCommand() *cobra.Command {
	c := &cobra.Command{Use: "dns", Short: "Change the public zone " + layout.AppsZone + " of a lab with apps"}
	c.AddCommand(
		&cobra.Command{
			Use: "set NAME ADDRESS|NAME", Short: "Set a name's address, or make it an alias of another name", Args: cobra.ExactArgs(2),
			RunE: func(_ *cobra.Command, args []string) error { return zone.Set(args[0], args[1]) },
		},
		&cobra.Command{
			Use: "remove NAME", Short: "Remove a name from the zone", Args: cobra.ExactArgs(1),
			RunE: func(_ *cobra.Command, args []string) error { return zone.Remove(args[0]) },
		},
	)
	return c
}

func faultCommand() *cobra.Command {
	c := &cobra.Command{Use: "fault", Short: "Break something in the lab on purpose, and repair it"}
	kubectl := func(ctx context.Context, args ...string) *exec.Cmd {
		l := newLab()
		return exec.CommandContext(ctx, l.Kubectl(), append([]string{"--kubeconfig", l.Kubeconfig()}, args...)...)
	}
	c.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the faults", Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error {
				w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
				for _, f := range fault.All() {
					fmt.Fprintf(w, "%s\t%s\n", f.Name, f.Doc)
				}
				return w.Flush()
			},
		},
		&cobra.Command{
			Use: "inject NAME", Short: "Inject a fault", Args: cobra.ExactArgs(1),
			RunE: func(c *cobra.Command, args []string) error {
				f, err := fault.Find(args[0])
				if err != nil {
					return err
				}
				return f.Inject(c.Context(), kubectl)
			},
		},
		&cobra.Command{
			Use: "clear [NAME...]", Short: "Clear the named faults, or all",
			RunE: func(c *cobra.Command, args []string) error {
				faults := fault.All()
				if len(args) > 0 {
					faults = nil
				}
				for _, name := range args {
					f, err := fault.Find(name)
					if err != nil {
						return err
					}
					faults = append(faults, f)
				}
				return fault.Repair(c.Context(), kubectl, faults)
			},
		},
	)
	return c
}

// internalCommands are the hidden subcommands with which the lab binary starts itself as a process of the lab.
func internalCommands() []*cobra.Command {
	withNode := func(name string, run func(layout.Node, string) error) *cobra.Command {
		return &cobra.Command{
			Use: name, Hidden: true, Args: cobra.ExactArgs(2),
			RunE: func(_ *cobra.Command, args []string) error {
				n, ok := layout.FindNode(args[0])
				if !ok {
					return fmt.Errorf("unknown node %q", args[0])
				}
				return run(n, args[1])
			},
		}
	}
	serve := func(name string, run func(context.Context) error) *cobra.Command {
		return &cobra.Command{
			Use: name, Hidden: true, Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error { return run(c.Context()) },
		}
	}
	return []*cobra.Command{
		serve(loadbalancer.Command, loadbalancer.Serve),
		serve(policy.Command, policy.Serve),
		serve(outbound.Command, outbound.Serve),
		serve(target.Command, target.Serve),
		serve(windows.Command, windows.Serve),
		{
			Use: arm.AgentCommand, Hidden: true, Args: cobra.ExactArgs(1),
			RunE: func(c *cobra.Command, args []string) error { return arm.ServeAgent(c.Context(), args[0]) },
		},
		{
			Use: arm.AzCommand, Hidden: true, DisableFlagParsing: true,
			RunE: func(c *cobra.Command, args []string) error { return arm.Az(c.Context(), args, os.Stdout) },
		},
		withNode(node.EnterCommand, node.Enter),
		withNode(node.InitCommand, node.Init),
		{
			Use: controlplane.FrontCommand, Hidden: true, Args: cobra.ExactArgs(1),
			RunE: func(_ *cobra.Command, args []string) error {
				n, err := strconv.Atoi(args[0])
				if err != nil {
					return err
				}
				return controlplane.Front(n)
			},
		},
		{
			Use: appliance.Command, Hidden: true, Args: cobra.ExactArgs(1),
			RunE: func(_ *cobra.Command, args []string) error { return appliance.Serve(appliance.Mode(args[0])) },
		},
	}
}
