package aksnode

import (
	"context"
	"errors"
	"io"
	"syscall"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/noderun"
)

// loginShell starts a login shell of root on the node. The terminal of an exec belongs to the container and has no name on the node, which
// tmux, screen and gpg need. So, if the node has script(1), the shell gets a terminal of the node.
const loginShell = `
cd "$HOME" 2>/dev/null
shell=sh
if command -v bash >/dev/null; then shell=bash; fi
if [ -t 0 ] && command -v script >/dev/null; then exec script -qec "$shell -l" /dev/null; fi
exec "$shell" -l`

type sshOptions struct {
	app         *cli.App
	pod         podFlags
	client      clientFlags
	twoHops     twoHopFlags
	password    bool
	hostProcess hostProcessFlags
	tty         bool
	noStdin     bool
	node        string
	command     []string
}

func sshCommand(a *cli.App) *cobra.Command {
	o := &sshOptions{app: a}
	c := &cobra.Command{
		Use:   "ssh NODE [-- COMMAND [ARG...]]",
		Short: "Open a shell on a node, or run a command there",
		Long: templates.LongDesc(`
			Open a root shell on a Linux node, in the namespaces of PID 1: journalctl, iptables, systemctl and crictl work
			as they do on the node. This needs no SSH server and no key. A privileged pod is created in the current namespace,
			from an image that is already on the node, and removed at the end. On a node under disk, memory or PID pressure,
			where a kubelet starts only critical pods, it gets priority class system-node-critical.

			With a command, stdin is forwarded, stdout and stderr are kept separate and unchanged, and the exit code is that of
			the command. 255 means that the command could not be run, or that its exit code is unknown.

			On a Windows node, or with -i, --user, --ssh-option, --hop or --password, your own OpenSSH client connects to the
			node's sshd through the cluster, so no public IP is needed. A Windows node is reached through a Linux node (the hop),
			which needs no sshd and no key unless you use --via-ssh. Host keys are stored per cluster. Those of a Linux node
			are read on the node itself.

			With --hostprocess, PowerShell or the command runs as SYSTEM in a HostProcess pod on a Windows node.`),
		Example: templates.Examples(`
			# Open a shell
			kubectl aksnode ssh aks-nodepool1-12345678-vmss000000

			# Run a command, and record the reason in the pod's annotations
			kubectl aksnode ssh aks-nodepool1-12345678-vmss000000 --reason INC-1234 -- journalctl -u kubelet -n 100

			# Use files and pipes
			kubectl aksnode ssh aks-nodepool1-12345678-vmss000000 -- tar -C /var/log -cz azure > azure-logs.tgz
			kubectl aksnode ssh aks-nodepool1-12345678-vmss000000 -- sh -c 'cat > /tmp/script.sh' < script.sh

			# Run a command that needs a terminal
			kubectl aksnode ssh -t aks-nodepool1-12345678-vmss000000 -- top

			# Connect to a Windows node: with a key, with a password, without SSH
			kubectl aksnode ssh aksnpwin000000 -i ~/.ssh/id_rsa
			kubectl aksnode ssh aksnpwin000000 --password -- powershell Get-Service kubelet
			kubectl aksnode ssh aksnpwin000000 --hostprocess

			# Connect to the sshd of a Linux node
			kubectl aksnode ssh aks-nodepool1-12345678-vmss000000 -i ~/.ssh/id_rsa`),
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     a.CompleteNodes,
		RunE: func(c *cobra.Command, args []string) (err error) {
			if o.node, o.command, err = nodeAndCommand(c, args); err != nil {
				return err
			}
			return o.run(c.Context())
		},
	}
	o.pod.add(c)
	o.client.add(c, a)
	o.twoHops.add(c)
	o.hostProcess.add(c)
	c.Flags().BoolVar(&o.password, "password", false, "Log in with a password; ssh prompts for it")
	c.Flags().BoolVarP(&o.tty, "tty", "t", false, "Allocate a terminal for the command")
	c.Flags().BoolVar(&o.noStdin, "no-stdin", false, "Do not read stdin, for example in a loop that reads node names from it")
	return c
}

func (o *sshOptions) run(ctx context.Context) error {
	terminal := o.tty || len(o.command) == 0 && cli.IsTerminal(o.app.Streams.In)
	if terminal && !cli.IsTerminal(o.app.Streams.In) {
		return errors.New("-t requires a terminal on stdin")
	}
	if terminal && o.noStdin {
		return errors.New("-t and --no-stdin cannot be used together")
	}
	if err := errors.Join(o.client.validate(), o.twoHops.validate(), o.validateHostProcess()); err != nil {
		return err
	}
	manager, options, err := o.pod.manager(o.app)
	if err != nil {
		return err
	}
	hint := hintContext{node: o.node, command: o.command}
	if o.hostProcess.on {
		return withHints(hint, o.inHostProcess(ctx, manager, options, terminal))
	}
	if o.client.given() || o.password || o.twoHops.on {
		return o.overSSH(ctx, manager, options, terminal)
	}
	node, err := nodepod.GetNode(ctx, manager.Clients, o.node)
	if err != nil {
		return withHints(hint, err)
	}
	if nodepod.IsWindows(node) {
		return o.overSSH(ctx, manager, options, terminal)
	}
	lease, err := manager.Acquire(ctx, o.node, options)
	if err != nil {
		return withHints(hint, err)
	}
	defer lease.Release()
	code, err := o.session(ctx, manager, lease.Pod, terminal)
	if exit := brokenPipe(err); exit != nil {
		return exit
	}
	if err != nil {
		hint.diagnoseTunnel(manager.Clients, err)
		return withHints(hint, err)
	}
	if code != 0 {
		return cli.ExitError{Code: code}
	}
	return nil
}

// brokenPipe returns the exit code of a command killed by SIGPIPE if err is that of a write to a pipe whose reader is gone, else nil.
func brokenPipe(err error) error {
	var output *noderun.OutputError
	if errors.As(err, &output) && cli.IsBrokenPipe(err) {
		return cli.ExitError{Code: 128 + int(syscall.SIGPIPE)}
	}
	return nil
}

// session runs the command, or a login shell, in the node pod and returns its exit code.
func (o *sshOptions) session(ctx context.Context, manager *nodepod.Manager, pod nodepod.Pod, terminal bool) (int, error) {
	streams := o.app.RawStreams()
	s := &noderun.Session{Clients: manager.Clients, Pod: pod, Argv: o.command, In: streams.In, Out: streams.Out, Err: streams.ErrOut}
	if len(s.Argv) == 0 {
		s.Argv = []string{"/bin/sh", "-c", loginShell}
	}
	if o.noStdin {
		s.In = nil
	}
	if !terminal {
		return s.Run(ctx)
	}
	return onTerminal(streams, func(kind string, resize remotecommand.TerminalSizeQueue) (int, error) {
		s.Terminal, s.Resize, s.Err = kind, resize, io.Discard
		return s.Run(ctx)
	})
}
