package aksnode

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/noderun"
)

// podFlags are the flags of all commands that create a node pod.
type podFlags struct {
	options nodepod.Options
	quiet   bool
}

func (f *podFlags) add(c *cobra.Command) {
	o := &f.options
	o.Subcommand = c.Name()
	flags := c.Flags()
	flags.StringVar(&o.Image, "image", "",
		"Container image of the node pod; by default one that is already on the node, so that nothing is pulled")
	flags.StringVar(&o.Reason, "reason", "", "Why you access the node; recorded in the pod's annotations")
	flags.DurationVar(&o.IdleTimeout, "idle-timeout", 2*time.Minute,
		"How long the pod keeps running after its client is killed or disconnected")
	flags.DurationVar(&o.MaxDuration, "max-duration", 12*time.Hour, "Maximum lifetime of the pod")
	flags.DurationVar(&o.RunningTimeout, "pod-running-timeout", time.Minute, "How long to wait for the pod to start")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "Do not print which objects are created")
}

func (f *podFlags) validate() error {
	o := f.options
	switch {
	case o.IdleTimeout < 3*time.Second || o.IdleTimeout > time.Hour:
		return fmt.Errorf("--idle-timeout is %s: it takes 3s to 1h", o.IdleTimeout)
	case o.MaxDuration < time.Second:
		return fmt.Errorf("--max-duration is %s: it takes 1s or more", o.MaxDuration)
	case o.RunningTimeout < time.Second:
		return fmt.Errorf("--pod-running-timeout is %s: it takes 1s or more", o.RunningTimeout)
	case len(o.Reason) > 1024:
		return errors.New("--reason is longer than 1024 bytes")
	}
	return nil
}

// manager validates the flags and returns the Manager of node pods and the options, with the namespace filled in.
func (f *podFlags) manager(a *cli.App) (*nodepod.Manager, nodepod.Options, error) {
	if err := f.validate(); err != nil {
		return nil, nodepod.Options{}, err
	}
	clients, err := kube.New(a.Flags)
	if err != nil {
		return nil, nodepod.Options{}, err
	}
	o := f.options
	o.Namespace = clients.Namespace
	return &nodepod.Manager{Clients: clients, Notes: notes{a.Printer(), f.quiet}}, o, nil
}

// notes is a Printer that prints no notes if quiet is set.
type notes struct {
	*cli.Printer
	quiet bool
}

func (n notes) Notef(format string, args ...any) {
	if !n.quiet {
		n.Printer.Notef(format, args...)
	}
}

// Creating implements jobpod.Notes.
func (n notes) Creating(component, object, namespace, node string) {
	if !n.quiet {
		n.Printer.Creating(component, object, namespace, node)
	}
}

// nodeAndCommand splits "NODE -- COMMAND ARG...". What follows the dashes is the command's argv.
func nodeAndCommand(c *cobra.Command, args []string) (node string, command []string, err error) {
	before := args
	if dash := c.ArgsLenAtDash(); dash >= 0 {
		before, command = args[:dash], args[dash:]
		if len(command) == 0 {
			return "", nil, errors.New("no command after --")
		}
	}
	switch {
	case len(before) == 0:
		return "", nil, errNoNode()
	case len(before) > 1:
		err := fmt.Errorf("expected one node, got %d arguments: %q", len(before), before)
		return "", nil, cli.WithHint(err, "put -- before the remote command")
	}
	return before[0], command, nil
}

// errNoNode returns the error of a command without its argument NODE.
func errNoNode() error {
	return cli.WithHint(errors.New("no node given"), "list the nodes: kubectl aksnode list")
}

// transportFailed is the exit code for every failure except that of the remote command itself, as with ssh.
const transportFailed = 255

// withHints gives err the exit code transportFailed, and hints. An ExitError is returned unchanged: it has the remote command's exit code.
func withHints(hint hintContext, err error) error {
	var exit cli.ExitError
	if err == nil || errors.As(err, &exit) {
		return err
	}
	return cli.ExitError{Code: transportFailed, Err: cli.WithHint(err, hints(hint, err)...)}
}

// hintContext is what hints are derived from.
type hintContext struct {
	node    string
	command []string
	windows *corev1.Node // the node, if it runs Windows
	noAgent bool         // the API server reported that no tunnel agent is connected
	agents  string       // the state of the tunnel's agents; empty if it was not queried
}

// setNode sets the node to which the route leads.
func (e *hintContext) setNode(r route) {
	if nodepod.IsWindows(r.node) {
		e.windows = r.node
	}
}

// denialHints returns hints on where node pods are allowed. On AKS, Gatekeeper's webhook is that of deployment safeguards, which are
// always on in AKS Automatic (https://learn.microsoft.com/azure/aks/deployment-safeguards).
func denialHints(d *nodepod.DenialError) (hints []string) {
	if d.Allowed != "" {
		hints = append(hints, fmt.Sprintf("it is allowed in namespace %s: add %s", d.Allowed, cmdline.Quote([]string{"-n", d.Allowed})))
	} else {
		hints = append(hints, "no namespace was found in which it is allowed (kube-system and default were tried); "+
			"ask the administrator of the policy for an exception")
	}
	if strings.Contains(d.Policy, "validation.gatekeeper.sh") {
		hints = append(hints, "to exempt a namespace from AKS deployment safeguards, which then check none of its pods: "+
			cmdline.Az("aks", "safeguards", "update", "-g", "GROUP", "-n", "CLUSTER", "--excluded-ns", d.Namespace).String())
	}
	return hints
}

// noHopHints returns hints for a node that no other node can reach.
func noHopHints(e *nodepod.NoHopError) []string {
	hints := []string{"list the nodes: kubectl aksnode list"}
	if e.Windows {
		hints = append(hints, "without a Linux node: "+cmdline.Kubectl("aksnode", "ssh", e.Target, "--hostprocess").String())
	}
	return append(hints, "run a command through Azure: "+e.RunCommand)
}

// hints returns advice for err.
func hints(c hintContext, err error) []string {
	var (
		unusable *nodepod.UnusableNodeError
		denial   *nodepod.DenialError
		denied   *kube.DeniedError
		tunnel   *noderun.TunnelError
		request  *url.Error
		none     *nodepod.NoHopError
		redirect *kube.RedirectError
		lost     *noderun.LostError
		inAzure  *azure.Error
	)
	switch {
	case errors.As(err, &unusable):
		return unusable.Hints
	case errors.As(err, &denial):
		return denialHints(denial)
	case errors.As(err, &denied):
		return []string{"ask for a role with these permissions; to check: " + denied.Missing[0].CanI().String()}
	case errors.As(err, &tunnel):
		return tunnelHints(c)
	case errors.As(err, &lost):
		return lostHints(c)
	case errors.As(err, &none):
		return noHopHints(none)
	case errors.As(err, &inAzure):
		return viaHints(inAzure)
	case errors.As(err, &redirect):
		return []string{"a proxy or a login page may be in front of the API server; check with: kubectl get nodes"}
	case errors.As(err, &request) && strings.Contains(err.Error(), "getting credentials"):
		return []string{"the login of the kubeconfig failed: run az login, then az aks get-credentials; then check with: kubectl get nodes"}
	case errors.As(err, &request):
		return unreachableHints(c, request)
	}
	return nil
}
