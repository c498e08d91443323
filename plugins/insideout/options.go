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
	"github.com/akstools/akstools/internal/doctor"
	"github.com/akstools/akstools/plugins/insideout/checks"
	"github.com/akstools/akstools/plugins/insideout/facts"
	"github.com/akstools/akstools/plugins/insideout/onward"
)

// options are the command line.
type options struct {
	doctor.Options
	selector      string
	allNamespaces bool
	noProbe       bool
	nodeProbes    bool
	image         string
	client        string
	host          string
	path          string
	to            string
	timeout       time.Duration
	logs          bool
}

func newOptions(a *cli.App) *options {
	return &options{Options: doctor.Options{App: a, Plugin: Name, Checks: checks.All(), Facts: facts.All(), ChecksByKind: map[string][]*check.Check{"pod": onward.All()}}}
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
	flags.StringVarP(&o.selector, "selector", "l", "", "Label selector of the Services to walk")
	flags.BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "Walk the Services of all namespaces")
	flags.BoolVar(&o.noProbe, "no-probe", false, "Make no test pod: only read objects")
	flags.BoolVar(&o.nodeProbes, "node-probes", false, "Try the ClusterIP from several nodes, by a pod on each: one bad node is found")
	flags.StringVar(&o.image, "probe-image", "", "Image of the test pod, with sh and nc, and for UDP and DNS nslookup and timeout; by default one that the node has, else azurelinux/busybox of mcr.microsoft.com")
	flags.StringVar(&o.client, "client", "", "Who connects: NAMESPACE, or NAMESPACE/POD for what NetworkPolicies make of it; by default any pod of the Service's namespace")
	flags.StringVar(&o.to, "to", "", "HOST:PORT to which the pod that is named connects: why it does not get there")
	flags.StringVar(&o.host, "host", "", "Host name to ask Ingresses and Gateways for, in place of those of their rules")
	flags.StringVar(&o.path, "path", "", "Path to ask Ingresses, Gateways and the app for, such as /login; by default those of the rules, and / of the app")
	flags.BoolVar(&o.logs, "logs", false, "Print the last lines of every container too, and of their runs before")
	flags.DurationVar(&o.timeout, "timeout", 5*time.Second, "How long one connection may take, and again its answer")
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
	if err := validRequest(o.host, o.path); err != nil {
		return err
	}
	switch {
	case o.logs && (o.Offline() || o.to != "" || !o.Text()):
		return errors.New("--logs does not go with --from, --to and --output")
	case o.nodeProbes && o.noProbe:
		return errors.New("--node-probes does not go with --no-probe")
	case o.timeout < time.Second || o.timeout > time.Minute:
		return fmt.Errorf("--timeout is %s: it takes 1s to 1m", o.timeout)
	case o.Offline() && (o.client != "" || o.host != "" || o.path != "" || o.to != ""):
		return errors.New("--from does not go with --client, --host, --path or --to: the file says who connected, and what was asked")
	case o.Offline() && (len(args) > 0 || o.selector != "" || o.allNamespaces):
		return errors.New("--from takes neither targets nor -l or -A: the file says what was walked")
	case !o.Offline() && len(args) == 0 && o.selector == "" && !o.allNamespaces:
		return cli.WithHint(errors.New("no Service is named"), "name one as in: kubectl insideout svc/web", "or several by -l SELECTOR or -A")
	case len(args) > 0 && (o.selector != "" || o.allNamespaces):
		return errors.New("names go with neither -l nor -A")
	}
	return nil
}

// validRequest refuses what is no host name and what is no path.
func validRequest(host, path string) error {
	if problems := validation.IsDNS1123Subdomain(host); host != "" && len(problems) > 0 {
		return fmt.Errorf("--host is %q: it takes a host name, without scheme and port: %s", host, problems[0])
	}
	if u, err := url.ParseRequestURI(path); path != "" && (err != nil || !strings.HasPrefix(path, "/") || u.Host != "" || u.RawQuery != "") {
		return fmt.Errorf("--path is %q: it takes a path that begins with /, without a query", path)
	}
	return nil
}
