package connectordoctor

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/doctor"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/plugins/connectordoctor/checks"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// inParallel bounds how many connections are checked at once.
const inParallel = 4

// clusterKind is the kind of the target where no connection is known.
const clusterKind = "cluster"

// options are the flags of the command.
type options struct {
	doctor.Options
	allNamespaces bool
	azure         string
	trial         *facts.Trial // nil: connections are not tried
}

func newOptions(a *cli.App) *options {
	return &options{Options: doctor.Options{
		App: a, Plugin: Name, Checks: checks.All(), Facts: facts.All(),
		ChecksByKind: map[string][]*check.Check{clusterKind: checks.Cluster()},
	}}
}

// bind makes c the plugin's command.
func (o *options) bind(c *cobra.Command) {
	c.Use = Name + " [CONNECTION]... [flags]"
	c.DisableFlagsInUseLine = true
	c.Args = cobra.ArbitraryArgs
	c.ValidArgsFunction = completeConnections(o.App)
	c.RunE = func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) }
	o.Bind(c)
	c.Flags().BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "Check the connections in all namespaces")
	o.bindAzure(c)
}

// bindAzure adds the flag --azure to c.
func (o *options) bindAzure(c *cobra.Command) {
	c.Flags().StringVar(&o.azure, "azure", string(facts.AzureAuto),
		"Whether to read the connections, their extension, identities and targets from Azure: off, auto (if you are signed in) or require")
	_ = c.RegisterFlagCompletionFunc("azure", cobra.FixedCompletions(facts.AzureModes(), cobra.ShellCompDirectiveNoFileComp))
}

func (o *options) validate(args []string) error {
	if err := o.Validate(); err != nil {
		return err
	}
	for _, name := range args {
		if err := validConnection(name); err != nil {
			return err
		}
	}
	if _, err := facts.ParseAzureMode(o.azure); err != nil {
		return err
	}
	switch {
	case o.Offline() && (len(args) > 0 || o.allNamespaces):
		return errors.New("--from takes neither connections nor -A: the file has its own targets")
	case len(args) > 0 && o.allNamespaces:
		return errors.New("a connection goes with -n, not with -A: it belongs to one namespace")
	}
	return nil
}

func validConnection(name string) error {
	if !facts.ValidConnection(name) {
		return fmt.Errorf("%.130q cannot be the name of a connection: it has letters, digits, \".\", \"_\" and \"-\"", name)
	}
	return nil
}

func (o *options) run(ctx context.Context, args []string) error {
	if err := o.validate(args); err != nil {
		return err
	}
	if o.Offline() {
		return o.EvaluateBundle(ctx)
	}
	reports, err := o.diagnose(ctx, args)
	if err != nil {
		return err
	}
	return o.Finish(reports)
}

// diagnose checks the connections in the cluster, and saves the bundle if that was asked for.
func (o *options) diagnose(ctx context.Context, args []string) ([]*report.Report, error) {
	save, discard, err := o.CreateBundle()
	if err != nil {
		return nil, err
	}
	defer discard()
	clients, err := kube.New(o.App.Flags)
	if err != nil {
		return nil, err
	}
	envs, err := o.envs(ctx, clients, args)
	if err != nil {
		return nil, err
	}
	if o.Saves() && len(envs) > fact.MaxTargets {
		return nil, fmt.Errorf("--save takes at most %d connections, not %d: select fewer with -n", fact.MaxTargets, len(envs))
	}
	reports := o.evaluate(ctx, envs)
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if !o.Saves() {
		return reports, nil
	}
	memos := make([]*fact.Memo, len(envs))
	for i, e := range envs {
		memos[i] = &e.Memo
	}
	return reports, save(memos)
}

// envs returns an Env for each connection to check; where none is named and none found, one for the cluster.
func (o *options) envs(ctx context.Context, clients *kube.Clients, args []string) ([]*facts.Env, error) {
	refs := make([]check.Ref, len(args))
	for i, name := range args {
		refs[i] = check.Ref{Kind: facts.ConnectionKind, Namespace: clients.Namespace, Name: name}
	}
	shared := &fact.Cache{Targets: map[string]int{}}
	env := func(ref check.Ref) *facts.Env {
		return &facts.Env{
			Memo: fact.Memo{Target: ref}, Clients: clients, Shared: &fact.Share{Cache: shared}, Named: len(args) > 0,
			Given: slices.Clone(args), Logs: o.Logs(), Azure: facts.AzureMode(o.azure), Note: o.App.Printer().Notef, Trial: o.trial,
		}
	}
	if len(args) == 0 {
		found, err := find(ctx, o.App.Printer(), clients, o.allNamespaces)
		if err != nil {
			return nil, err
		}
		for _, c := range found {
			refs = append(refs, check.Ref{Kind: facts.ConnectionKind, Namespace: c.Namespace, Name: c.Name})
		}
		refs = o.withAzure(ctx, env(check.Ref{}), refs)
	}
	searched := ""
	if len(refs) == 0 {
		searched = clients.Namespace
		if o.allNamespaces {
			searched = facts.AllNamespaces
		}
		refs = append(refs, check.Ref{Kind: clusterKind, Name: o.ClusterName(clients.Config.Host)})
	}
	envs := make([]*facts.Env, len(refs))
	for i, ref := range refs {
		shared.Targets[ref.Namespace]++
		envs[i] = env(ref)
		envs[i].Searched = searched
		envs[i].Bind()
	}
	return envs, nil
}

// withAzure adds to the connections that the cluster knows those that Azure has and of which nothing is in the cluster. A connection that
// both know gets its name in Azure.
func (o *options) withAzure(ctx context.Context, e *facts.Env, known []check.Ref) []check.Ref {
	namespace := e.Clients.Namespace
	if o.allNamespaces {
		namespace = ""
	}
	for _, ref := range facts.InAzure(ctx, e, namespace) {
		i := slices.IndexFunc(known, func(k check.Ref) bool {
			return k.Namespace == ref.Namespace && facts.SecretName(k.Name) == facts.SecretName(ref.Name)
		})
		if i < 0 {
			known = append(known, ref)
			continue
		}
		known[i].Name = ref.Name
	}
	return known
}

// evaluate runs the checks on each Env, until ctx is done: the reports of the others are nil.
func (o *options) evaluate(ctx context.Context, envs []*facts.Env) []*report.Report {
	reports := make([]*report.Report, len(envs))
	var g errgroup.Group
	g.SetLimit(inParallel)
	for i := range envs {
		g.Go(func() error {
			if ctx.Err() == nil {
				reports[i] = o.Evaluate(ctx, &envs[i].Memo)
			}
			return nil
		})
	}
	_ = g.Wait() // what could not be found out is in the reports
	return reports
}
