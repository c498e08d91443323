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

// loginShell starts root's shell on the node as a login would. The terminal of an exec is one of the container's: where
// the node has script(1), the shell gets one of the node's, which has a name there, as tmux, screen and gpg want it.
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
			Open a root shell on a Linux node, in the namespaces of its first process: journalctl, iptables, systemctl
			and crictl work as on the node itself. No SSH server and no key is involved. A privileged pod is made in
			the current namespace, from an image that the node already runs, and removed at the end.

			With a command, stdin is passed on, stdout and stderr stay apart and byte-exact, and the exit code is the
			command's own; 255 says that the command could not be run or that its end is not known.

			On a Windows node, or with one of -i, --user, --ssh-option, --hop and --password, the session is one of
			your own OpenSSH client with the node's sshd, through the cluster: no public address is needed. A Windows
			node is reached by way of a Linux node, which needs no sshd and no key; with --via-ssh by the sshd of that
			node. Host keys are kept for each cluster: those of a Linux node are read on the node.

			With --hostprocess, PowerShell or the command runs in a HostProcess pod of a Windows node, as SYSTEM.`),
		Example: templates.Examples(`
			# A shell
			kubectl aksnode ssh aks-nodepool1-12345678-vmss000000

			# A command, with the reason kept in the pod's annotations
			kubectl aksnode ssh aks-nodepool1-12345678-vmss000000 --reason INC-1234 -- journalctl -u kubelet -n 100

			# Files and pipes
			kubectl aksnode ssh aks-nodepool1-12345678-vmss000000 -- tar -C /var/log -cz azure > azure-logs.tgz
			kubectl aksnode ssh aks-nodepool1-12345678-vmss000000 -- sh -c 'cat > /tmp/script.sh' < script.sh

			# A command that needs a terminal
			kubectl aksnode ssh -t aks-nodepool1-12345678-vmss000000 -- top

			# A Windows node: by key, by password, without SSH
			kubectl aksnode ssh aksnpwin000000 -i ~/.ssh/id_rsa
			kubectl aksnode ssh aksnpwin000000 --password -- powershell Get-Service kubelet
			kubectl aksnode ssh aksnpwin000000 --hostprocess

			# A session with a Linux node's own sshd
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
	c.Flags().BoolVar(&o.password, "password", false, "Sign in by password, which ssh asks for")
	c.Flags().BoolVarP(&o.tty, "tty", "t", false, "Run the command on a terminal")
	c.Flags().BoolVar(&o.noStdin, "no-stdin", false, "Do not pass stdin on, as in a loop that reads names from it")
	return c
}

func (o *sshOptions) run(ctx context.Context) error {
	terminal := o.tty || len(o.command) == 0 && cli.IsTerminal(o.app.Streams.In)
	if terminal && !cli.IsTerminal(o.app.Streams.In) {
		return errors.New("-t needs stdin to be a terminal")
	}
	if terminal && o.noStdin {
		return errors.New("-t and --no-stdin exclude each other")
	}
	if err := errors.Join(o.client.validate(), o.twoHops.validate(), o.validateHostProcess()); err != nil {
		return err
	}
	manager, options, err := o.pod.manager(o.app)
	if err != nil {
		return err
	}
	hint := explainContext{node: o.node, command: o.command}
	if o.hostProcess.on {
		return explain(hint, o.inHostProcess(ctx, manager, options, terminal))
	}
	if o.client.asked() || o.password || o.twoHops.on {
		return o.overSSH(ctx, manager, options, terminal)
	}
	lease, err := manager.Acquire(ctx, o.node, options)
	var unusable *nodepod.UnusableNodeError
	if errors.As(err, &unusable) && unusable.Windows {
		return o.overSSH(ctx, manager, options, terminal)
	}
	if err != nil {
		return explain(hint, err)
	}
	defer lease.Release()
	code, err := o.session(ctx, manager, lease.Pod, terminal)
	if broken := brokenPipe(err); broken != nil {
		return broken
	}
	if err != nil {
		hint.askAgents(manager.Clients, err)
		return explain(hint, err)
	}
	if code != 0 {
		return cli.ExitError{Code: code}
	}
	return nil
}

// brokenPipe is the end of a command whose output nobody reads any more, as if the signal had ended us; nil for another error.
func brokenPipe(err error) error {
	var output *noderun.OutputError
	if errors.As(err, &output) && cli.IsBrokenPipe(err) {
		return cli.ExitError{Code: 128 + int(syscall.SIGPIPE)}
	}
	return nil
}

func (o *sshOptions) session(ctx context.Context, manager *nodepod.Manager, pod nodepod.Pod, terminal bool) (int, error) {
	s := &noderun.Session{
		Clients: manager.Clients, Pod: pod, Argv: o.command,
		In: o.app.Streams.In, Out: o.app.Streams.Out, Err: o.app.Streams.ErrOut,
	}
	if len(s.Argv) == 0 {
		s.Argv = []string{"/bin/sh", "-c", loginShell}
	}
	if o.noStdin {
		s.In = nil
	}
	if !terminal {
		return s.Run(ctx)
	}
	return onTerminal(o.app.Streams, func(kind string, resize remotecommand.TerminalSizeQueue) (int, error) {
		s.Terminal, s.Resize, s.Err = kind, resize, io.Discard
		return s.Run(ctx)
	})
}
