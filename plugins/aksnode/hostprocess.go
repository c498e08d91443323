package aksnode

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/util/exec"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/noderun"
)

type hostProcessFlags struct{ on bool }

func (f *hostProcessFlags) add(c *cobra.Command) {
	c.Flags().BoolVar(&f.on, "hostprocess", false,
		"Run PowerShell or the command in a HostProcess pod on a Windows node: needs no SSH, but pulls an image")
}

// powershell returns the argv of the shell for a session without a command. It changes to C:\, as a HostProcess container starts in a
// directory of its own.
func powershell() []string {
	return []string{"powershell.exe", "-NoLogo", "-NoExit", "-Command", `Set-Location C:\`}
}

func (o *sshOptions) validateHostProcess() error {
	if o.hostProcess.on && (o.client.given() || o.password || o.twoHops.on) {
		return errors.New("--hostprocess does not use SSH: omit -i, --user, --ssh-option, --hop, --password and --via-ssh")
	}
	return nil
}

// inHostProcess runs the session in a HostProcess pod.
func (o *sshOptions) inHostProcess(ctx context.Context, manager *nodepod.Manager, options nodepod.Options, terminal bool) error {
	if !terminal && len(o.command) == 0 {
		return errors.New("--hostprocess without a command requires a terminal on stdin")
	}
	lease, err := manager.HostProcess(ctx, o.node, options)
	if err != nil {
		return err
	}
	defer lease.Release()
	argv := o.command
	if len(argv) == 0 {
		argv = powershell()
	}
	raw := o.app.RawStreams()
	streams := remotecommand.StreamOptions{Stdout: raw.Out, Stderr: raw.ErrOut}
	if !o.noStdin {
		streams.Stdin = raw.In
	}
	if !terminal {
		return exitOf(execute(ctx, manager.Clients, lease.Pod, argv, streams))
	}
	return exitOf(onTerminal(raw, func(_ string, resize remotecommand.TerminalSizeQueue) (int, error) {
		streams.Tty, streams.Stderr, streams.TerminalSizeQueue = true, nil, resize
		return execute(ctx, manager.Clients, lease.Pod, argv, streams)
	}))
}

// execute runs argv in the pod with a plain exec: noderun.Session, which protects against data loss, needs a POSIX shell.
func execute(ctx context.Context, clients *kube.Clients, pod nodepod.Pod, argv []string, streams remotecommand.StreamOptions) (int, error) {
	err := clients.Exec(ctx, pod.Container(), argv, streams)
	var exit exec.CodeExitError
	switch {
	case err == nil:
		return 0, nil
	case ctx.Err() != nil:
		return 0, context.Cause(ctx)
	case errors.As(err, &exit):
		return exit.Code, nil
	case errtext.ToCluster(err.Error()):
		return 0, &noderun.TunnelError{Err: err}
	}
	return 0, fmt.Errorf("running the command in the HostProcess pod: %w", err)
}

// exitOf returns err, or an ExitError if the remote command exited with another code than 0.
func exitOf(code int, err error) error {
	if err == nil && code != 0 {
		return cli.ExitError{Code: code}
	}
	return err
}
