package connectordoctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/internal/testpod"
	"github.com/akstools/akstools/plugins/connectordoctor/checks"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// validation is the flags of validate.
type validation struct {
	*options
	to, image string
	timeout   time.Duration
}

func validateCommand(a *cli.App) *cobra.Command {
	v := &validation{options: newOptions(a)}
	v.Checks = checks.Validation()
	c := &cobra.Command{
		Use:   "validate CONNECTION",
		Short: "Try a connection from where its pods run",
		Long: templates.LongDesc(`
			Try a connection from where its pods run: a test pod in the namespace of the connection, on the node of a pod that uses it,
			looks the target's name up, connects, and exchanges the first messages of the target's protocol, up to the point where a
			client must sign in. No credentials are sent. Before that, everything that connectordoctor checks is checked.

			PostgreSQL, MySQL, Cosmos DB, storage accounts, Service Bus, Event Hubs and Azure AI services tell before the sign-in whether
			their firewall allows the client, Redis that it answers. Key Vault and Azure SQL do not tell.

			Where the target is reached is read from Azure, if you are signed in to it; otherwise name it with --to.

			Exit codes: 0 healthy; 3 findings at or above --fail-on; 2 the verdict is unknown; 1 wrong usage or another failure.`),
		Example: templates.Examples(`
			# Do pods of the namespace shop reach the target of the connection mydb?
			kubectl connectordoctor validate mydb -n shop

			# The same without Azure
			kubectl connectordoctor validate mydb -n shop --to mydb.postgres.database.azure.com:5432`),
		Args:                  cobra.MaximumNArgs(1),
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     completeConnections(a),
		RunE:                  func(c *cobra.Command, args []string) error { return v.run(c.Context(), args) },
	}
	v.Bind(c)
	v.bindAzure(c)
	flags := c.Flags()
	flags.StringVar(&v.to, "to", "", "Where the target is reached, as HOST:PORT; by default as Azure names it")
	flags.StringVar(&v.image, "probe-image", "", "Image of the test pod; it must contain sh, nc and nslookup; "+
		"by default one of a known repository that is on the node, otherwise "+cmdline.ToolImage)
	flags.DurationVar(&v.timeout, "timeout", 5*time.Second, "Timeout for the connection, and separately for the answer")
	return c
}

func (v *validation) run(ctx context.Context, args []string) error {
	if err := v.validate(args); err != nil {
		return err
	}
	to, err := v.endpoint()
	switch {
	case err != nil:
		return err
	case v.timeout < time.Second || v.timeout > time.Minute:
		return fmt.Errorf("--timeout is %s: it takes 1s to 1m", v.timeout)
	case v.Offline():
		return v.EvaluateBundle(ctx)
	case len(args) == 0:
		return cli.WithHint(errors.New("no connection is named"), "see which there are: kubectl connectordoctor list")
	}
	reports, err := v.try(ctx, args, to)
	if err != nil {
		return err
	}
	return v.Finish(reports)
}

// endpoint returns the value of --to; none if it is not given.
func (v *validation) endpoint() (facts.Endpoint, error) {
	if v.to == "" {
		return facts.Endpoint{}, nil
	}
	host, port, err := cli.ParseHostPort("--to", v.to)
	return facts.Endpoint{Host: strings.ToLower(strings.TrimSuffix(host, ".")), Port: port}, err
}

// try checks the connection, and tries it.
func (v *validation) try(ctx context.Context, args []string, to facts.Endpoint) ([]*report.Report, error) {
	clients, err := kube.New(v.App.Flags)
	if err != nil {
		return nil, err
	}
	pods := &testpod.Pool{Maker: &jobpod.Maker{Clients: clients, Notes: v.Notes()}, Image: v.image, Plugin: Name}
	defer pods.Close(ctx)
	v.trial = &facts.Trial{Pods: pods, To: to, Timeout: v.timeout}
	return v.diagnose(ctx, args)
}
