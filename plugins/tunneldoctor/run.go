package tunneldoctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/validation"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/doctor"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/noderun"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/internal/testpod"
	"github.com/akstools/akstools/plugins/tunneldoctor/checks"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// options are the flags of the command.
type options struct {
	doctor.Options
	noCreate bool
	allNodes bool
	egress   bool
	image    string
	pod      string
	azure    string
	via      string
}

// viaAzure is the value of --via: nodes are checked with the run command of their virtual machines.
const viaAzure = "azure"

func newOptions(a *cli.App) *options {
	return &options{Options: doctor.Options{App: a, Plugin: Name, Checks: checks.All(), Facts: facts.All()}}
}

// bind makes c run the options, and adds their flags.
func (o *options) bind(c *cobra.Command) {
	c.Args = cobra.NoArgs
	c.RunE = func(c *cobra.Command, _ []string) error { return o.run(c.Context()) }
	o.Bind(c)
	flags := c.Flags()
	flags.BoolVar(&o.noCreate, "no-create", false, "Create no pods: only read objects, try logs and APIs, and send dry-run requests")
	flags.BoolVar(&o.allNodes, "all-nodes", false, "Try logs on every node, which takes 80 ms a node or more; by default on a sample of 50")
	flags.BoolVar(&o.egress, "egress", false,
		"Also check whether the agents' nodes reach the servers outside the cluster that AKS requires, such as mcr.microsoft.com")
	flags.StringVar(&o.azure, "azure", string(facts.AzureAuto),
		"Whether to read the cluster, its network and its machines from Azure when connections fail: off, auto (if you are signed in) or require")
	_ = c.RegisterFlagCompletionFunc("azure", cobra.FixedCompletions(facts.AzureModes(), cobra.ShellCompDirectiveNoFileComp))
	flags.StringVar(&o.via, "via", "",
		"Check nodes without pods; azure: with run commands on their virtual machines, which takes a minute or more")
	_ = c.RegisterFlagCompletionFunc("via", cobra.FixedCompletions([]string{viaAzure}, cobra.ShellCompDirectiveNoFileComp))
	flags.StringVar(&o.pod, "pod", "",
		"Pod in the current namespace on which to try exec (running true) and port-forward, instead of on test pods")
	flags.StringVar(
		&o.image,
		"probe-image",
		"",
		"Image of the test pods; it must contain sh; by default one of a known repository that is on the node, otherwise "+cmdline.ToolImage,
	)
}

func (o *options) run(ctx context.Context) error {
	if err := o.Validate(); err != nil {
		return err
	}
	if problems := validation.NameIsDNSSubdomain(o.pod, false); o.pod != "" && len(problems) > 0 {
		return fmt.Errorf("--pod is %q, which is not a valid pod name: %s", o.pod, problems[0])
	}
	if _, err := facts.ParseAzureMode(o.azure); err != nil {
		return err
	}
	if o.via != "" && o.via != viaAzure {
		return fmt.Errorf("--via is %q: it takes azure", o.via)
	}
	if o.egress && o.noCreate && o.via == "" {
		return errors.New("--egress needs pods on nodes, which --no-create forbids: use only one of them, or --via azure")
	}
	if o.Offline() {
		return o.EvaluateBundle(ctx)
	}
	reports, err := o.diagnose(ctx)
	if err != nil {
		return err
	}
	return o.Finish(reports)
}

// diagnose gathers the facts of the cluster, evaluates the checks, and saves the bundle with --save.
func (o *options) diagnose(ctx context.Context) ([]*report.Report, error) {
	save, discard, err := o.CreateBundle()
	if err != nil {
		return nil, err
	}
	defer discard()
	clients, err := kube.New(o.App.Flags)
	if err != nil {
		return nil, err
	}
	env, err := o.env(clients)
	if err != nil {
		return nil, err
	}
	if env.TestPods != nil {
		defer env.TestPods.Close(ctx)
	}
	r := o.Evaluate(ctx, &env.Memo)
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return []*report.Report{r}, save([]*fact.Memo{&env.Memo})
}

// nodePodStartTimeout limits the start of a pod on a node, which pulls no image.
const nodePodStartTimeout = 10 * time.Second

func (o *options) env(clients *kube.Clients) (*facts.Env, error) {
	notes := o.Notes()
	env := &facts.Env{
		Memo:    fact.Memo{Target: check.Ref{Kind: "cluster", Name: o.ClusterName(clients.Config.Host)}},
		Clients: clients, Notes: notes, Logs: o.Logs(), AllNodes: o.allNodes, Egress: o.egress, EnterPod: o.pod,
		Azure: facts.AzureMode(o.azure), Servers: clients.ServerNames(),
	}
	if !o.noCreate {
		env.TestPods = &testpod.Pool{Maker: &jobpod.Maker{Clients: clients, Notes: notes}, Image: o.image, Plugin: Name}
		env.NodeProber = nodeProber(clients, notes)
	}
	if o.via != "" {
		prober, err := facts.AzureProber(clients, notes)
		if err != nil {
			return nil, err
		}
		env.NodeProber = prober
	}
	return env.Bind(), nil
}

func nodeProber(clients *kube.Clients, notes jobpod.Notes) noderun.Runner {
	return &noderun.Termination{
		Pods: &nodepod.Manager{Clients: clients, Notes: notes},
		Options: nodepod.Options{
			Namespace:      clients.Namespace,
			RunningTimeout: nodePodStartTimeout,
			IdleTimeout:    time.Minute,
			Subcommand:     Name,
		},
	}
}
