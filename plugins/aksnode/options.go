package aksnode

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/noderun"
)

// podFlags are the flags of every command that makes a node pod.
type podFlags struct {
	options nodepod.Options
	quiet   bool
}

func (f *podFlags) add(c *cobra.Command) {
	o := &f.options
	o.Subcommand = c.Name()
	flags := c.Flags()
	flags.StringVar(&o.Image, "image", "", "Container image of the node pod; by default one that the node already runs, so that nothing is pulled")
	flags.StringVar(&o.Reason, "reason", "", "Why you are on the node; kept in the pod's annotations")
	flags.DurationVar(&o.IdleTimeout, "idle-timeout", 2*time.Minute, "How long the pod outlives a client that was killed or cut off")
	flags.DurationVar(&o.MaxDuration, "max-duration", 12*time.Hour, "How long the pod may live at most")
	flags.DurationVar(&o.RunningTimeout, "pod-running-timeout", time.Minute, "How long the pod may take to start")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "Do not say which objects are created")
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

// manager returns the maker of node pods and the options with the namespace filled in.
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

// notes silences what --quiet is for.
type notes struct {
	*cli.Printer
	quiet bool
}

func (n notes) Notef(format string, args ...any) {
	if !n.quiet {
		n.Printer.Notef(format, args...)
	}
}

// nodeAndCommand splits "NODE -- COMMAND ARG..."; what follows the dashes is the command as it is.
func nodeAndCommand(c *cobra.Command, args []string) (node string, command []string, err error) {
	before := args
	if dash := c.ArgsLenAtDash(); dash >= 0 {
		before, command = args[:dash], args[dash:]
		if len(command) == 0 {
			return "", nil, errors.New("no command follows --")
		}
	}
	switch {
	case len(before) == 0:
		return "", nil, cli.WithHint(errors.New("no node is named"), "see the nodes with: kubectl aksnode list")
	case len(before) > 1:
		return "", nil, cli.WithHint(fmt.Errorf("%d arguments stand where one node is expected: %q", len(before), before), "put -- before the remote command")
	}
	return before[0], command, nil
}

// transportFailed is the exit code for all that is not the remote command's own, as ssh has it.
const transportFailed = 255

// explain gives a failure its exit code and the advice for what it was; a remote command's own code stays.
func explain(ctx explainContext, err error) error {
	var exit cli.ExitError
	if err == nil || errors.As(err, &exit) {
		return err
	}
	return cli.ExitError{Code: transportFailed, Err: cli.WithHint(err, hints(ctx, err)...)}
}

// explainContext is what the advice is made from.
type explainContext struct {
	node    string
	command []string
	windows *corev1.Node // the node, where it runs Windows; else nil
	noAgent bool         // the API server said that no tunnel agent is connected
	agents  string       // what is known of the tunnel's agents; empty where they were not asked
}

// at says which node the route leads to.
func (e *explainContext) at(r route) {
	if nodepod.IsWindows(r.node) {
		e.windows = r.node
	}
}

// denialHints say where a node pod would be let in. On AKS it is deployment safeguards, always on in AKS Automatic, that deny by
// Gatekeeper's webhook (https://learn.microsoft.com/azure/aks/deployment-safeguards).
func denialHints(d *nodepod.DenialError) (hints []string) {
	if d.Allowed != "" {
		hints = append(hints, fmt.Sprintf("it would be allowed in namespace %[1]s: add -n %[1]s", d.Allowed))
	} else {
		hints = append(hints, "no namespace was found in which it would be allowed; ask who administers the policy for an exception")
	}
	if strings.Contains(d.Policy, "validation.gatekeeper.sh") {
		hints = append(hints, fmt.Sprintf("deployment safeguards of AKS except a namespace by: az aks safeguards update -g GROUP -n CLUSTER --excluded-ns %s", d.Namespace))
	}
	return hints
}

func hints(ctx explainContext, err error) []string {
	var (
		unusable *nodepod.UnusableNodeError
		denial   *nodepod.DenialError
		denied   *kube.DeniedError
		tunnel   *noderun.TunnelError
		request  *url.Error
		none     *nodepod.NoHopError
	)
	switch {
	case errors.As(err, &unusable):
		return unusable.Hints
	case errors.As(err, &denial):
		return denialHints(denial)
	case errors.As(err, &denied):
		return []string{"ask for a role with these rights; check with: kubectl auth can-i " + denied.Missing[0].String()}
	case errors.As(err, &tunnel):
		return tunnelHints(ctx)
	case errors.As(err, &none):
		return []string{"see the nodes with: kubectl aksnode list", "through Azure: " + none.RunCommand}
	case errors.As(err, &request) && strings.Contains(err.Error(), "getting credentials"):
		return []string{"the kubeconfig's login failed: az login, then az aks get-credentials; does kubectl get nodes work?"}
	case errors.As(err, &request):
		return []string{"this computer does not reach the API server: is it the right context (kubectl config current-context), and does kubectl get nodes work?"}
	}
	return nil
}
