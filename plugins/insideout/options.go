package insideout

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/doctor"
	"github.com/akstools/akstools/plugins/insideout/checks"
	"github.com/akstools/akstools/plugins/insideout/facts"
	"github.com/akstools/akstools/plugins/insideout/onward"
)

// options are the flags of the command.
type options struct {
	doctor.Options
	selector      string
	allNamespaces bool
	noProbe       bool
	nodeProbes    bool
	image         string
	client        string
	elsewhere     string // --probe-namespace
	host          string
	path          string
	to            string
	timeout       time.Duration
	logs          bool
	azure         string
}

func newOptions(a *cli.App) *options {
	return &options{Options: doctor.Options{
		App: a, Plugin: Name, Checks: checks.All(), Facts: facts.All(),
		ChecksByKind: map[string][]*check.Check{"pod": onward.All()},
	}}
}

// bind makes c the plugin's command.
func (o *options) bind(c *cobra.Command) {
	c.Use = Name + " [svc/NAME | deploy/NAME | sts/NAME | ds/NAME | pod/NAME | ing/NAME | httproute/NAME | URL]... [flags]"
	c.DisableFlagsInUseLine = true
	c.Args = cobra.ArbitraryArgs
	c.ValidArgsFunction = o.complete
	c.RunE = func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) }
	o.Bind(c)
	flags := c.Flags()
	flags.StringVarP(&o.selector, "selector", "l", "", "Check the Services that match this label selector")
	flags.BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "Check the Services in all namespaces")
	flags.BoolVar(&o.noProbe, "no-probe", false, "Create no test pod and make no connections: only read objects")
	flags.BoolVar(&o.nodeProbes, "node-probes", false,
		"Also connect to the ClusterIP from a pod on each of several nodes, to find a single bad node")
	flags.StringVar(&o.image, "probe-image", "",
		"Image of the test pod; it must contain sh and nc, and for UDP and DNS also nslookup and timeout; "+
			"by default one of a known repository that is on the node, otherwise "+cmdline.ToolImage)
	flags.StringVar(&o.client, "client", "",
		"The client: NAMESPACE, in which the test pod runs, or NAMESPACE/POD, for which NetworkPolicies are evaluated too; "+
			"by default the Service's namespace")
	flags.StringVar(&o.elsewhere, "probe-namespace", "",
		"Namespace in which the test pod runs where the Service's own does not admit it, such as by a quota or a policy")
	_ = c.RegisterFlagCompletionFunc("probe-namespace", o.App.CompleteNamespaces) // it fails only if there is no such flag
	flags.StringVar(&o.to, "to", "", "Diagnose the named pod's connection to HOST:PORT")
	flags.StringVar(&o.host, "host", "", "Host to request through Ingresses and Gateways, "+
		"and where this computer resolves it to; by default the hosts of their rules, and only at the addresses of these")
	flags.StringVar(&o.path, "path", "", "Path to request, such as /login; by default the paths of the rules, and / for the app itself")
	flags.BoolVar(&o.logs, "logs", false,
		"Also print the last 10 log lines of each container, and of its previous instance, in up to 5 pods")
	flags.StringVar(&o.azure, "azure", string(facts.AzureAuto),
		"Whether to read the load balancer and its network from Azure when connections to it fail: off, auto (if you are signed in) or require")
	_ = c.RegisterFlagCompletionFunc("azure", cobra.FixedCompletions(facts.AzureModes(), cobra.ShellCompDirectiveNoFileComp))
	flags.DurationVar(&o.timeout, "timeout", 5*time.Second, "Timeout for each connection attempt, and separately for its response")
}

func (o *options) validate(args []string) error {
	if err := o.Validate(); err != nil {
		return err
	}
	if namespace, pod, named := strings.Cut(o.client, "/"); o.client != "" {
		problems := validation.IsDNS1123Label(namespace)
		if named {
			problems = append(problems, validation.IsDNS1123Subdomain(pod)...)
		}
		if len(problems) > 0 {
			return fmt.Errorf("--client is %q: it takes NAMESPACE or NAMESPACE/POD: %s", o.client, problems[0])
		}
	}
	if problems := validation.IsDNS1123Label(o.elsewhere); o.elsewhere != "" && len(problems) > 0 {
		return fmt.Errorf("--probe-namespace is %q: it takes the name of a namespace: %s", o.elsewhere, problems[0])
	}
	if err := validRequest(o.host, o.path); err != nil {
		return err
	}
	if _, err := facts.ParseAzureMode(o.azure); err != nil {
		return err
	}
	switch {
	case o.elsewhere != "" && (o.client != "" || o.noProbe || o.to != "" || o.Offline()):
		return errors.New("--probe-namespace does not go with --client, --no-probe, --to and --from")
	case o.logs && (o.Offline() || o.to != "" || !o.Text()):
		return errors.New("--logs does not go with --from, --to and --output")
	case o.nodeProbes && o.noProbe:
		return errors.New("--node-probes does not go with --no-probe")
	case o.timeout < time.Second || o.timeout > time.Minute:
		return fmt.Errorf("--timeout is %s: it takes 1s to 1m", o.timeout)
	case o.Offline() && (o.client != "" || o.host != "" || o.path != "" || o.to != ""):
		return errors.New("--from does not go with --client, --host, --path or --to: the file has its own client and requests")
	case o.Offline() && (len(args) > 0 || o.selector != "" || o.allNamespaces):
		return errors.New("--from takes neither targets nor -l or -A: the file has its own targets")
	case !o.Offline() && len(args) == 0 && o.selector == "" && !o.allNamespaces:
		return cli.WithHint(errors.New("no Service is named"),
			"name one, as in: kubectl insideout svc/web", "or select several with -l SELECTOR or -A")
	case len(args) > 0 && (o.selector != "" || o.allNamespaces):
		return errors.New("targets go with neither -l nor -A")
	}
	return nil
}

// validRequest returns an error if host is not a host name, or path not a path.
func validRequest(host, path string) error {
	if problems := validation.IsDNS1123Subdomain(host); host != "" && len(problems) > 0 {
		return fmt.Errorf("--host is %q: it takes a host name without scheme and port: %s", host, problems[0])
	}
	if path == "" {
		return nil
	}
	if u, err := url.ParseRequestURI(path); err != nil || !strings.HasPrefix(path, "/") || u.Host != "" || u.RawQuery != "" {
		return fmt.Errorf("--path is %q: it takes a path that begins with /, without a query", path)
	}
	return nil
}
