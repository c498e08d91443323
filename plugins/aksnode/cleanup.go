package aksnode

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/redact"
)

type cleanupOptions struct {
	app           *cli.App
	allNamespaces bool
	all           bool
	yes           bool
	dryRun        bool
	names         []string
}

func cleanupCommand(a *cli.App) *cobra.Command {
	o := &cleanupOptions{app: a}
	c := &cobra.Command{
		Use:   "cleanup [KIND/NAME...]",
		Short: "Remove node pods that were left behind",
		Long: templates.LongDesc(`
			Remove the node pods that you made on this computer and no process uses any more, and finished ones.

			Those of other people, and the pods that 'kubectl debug node' leaves behind, are listed, and go when they
			are named or with --all. One that a process on this computer uses stays.`),
		Example: templates.Examples(`
			# Your own, in all namespaces
			kubectl aksnode cleanup

			# See what is there
			kubectl aksnode cleanup --dry-run

			# One that kubectl debug left behind
			kubectl aksnode cleanup pod/node-debugger-aks-nodepool1-12345678-vmss000000-x7k2p

			# Everybody's
			kubectl aksnode cleanup --all`),
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			o.names = args
			return o.run(c.Context())
		},
	}
	c.Flags().BoolVarP(&o.allNamespaces, "all-namespaces", "A", true, "Look in all namespaces; -A=false: in the current one")
	c.Flags().BoolVar(&o.all, "all", false, "Remove also those of other people and of kubectl debug, after a question")
	c.Flags().BoolVarP(&o.yes, "yes", "y", false, "Ask no question")
	c.Flags().BoolVar(&o.dryRun, "dry-run", false, "Only list what is there")
	return c
}

func (o *cleanupOptions) run(ctx context.Context) error {
	clients, err := kube.New(o.app.Flags)
	if err != nil {
		return err
	}
	manager := &nodepod.Manager{Clients: clients, Notes: o.app.Printer()}
	namespace := ""
	if !o.allNamespaces || *o.app.Flags.Namespace != "" {
		namespace = clients.Namespace
	}
	all, err := manager.Leftovers(ctx, namespace)
	if err != nil {
		if apierrors.IsForbidden(err) && namespace == "" {
			return cli.WithHint(err, "without the right to list in all namespaces, name one: -n NAMESPACE")
		}
		return cli.WithHint(err, hints(explainContext{}, err)...)
	}
	chosen, err := o.choose(all)
	if err != nil {
		return err
	}
	if err := o.list(all, chosen); err != nil {
		return err
	}
	if o.dryRun || len(chosen) == 0 {
		return nil
	}
	if err := o.confirm(chosen); err != nil {
		return err
	}
	return manager.Remove(ctx, chosen)
}

// choose returns what goes. A name that is not there, or is in use, is an error.
func (o *cleanupOptions) choose(all []nodepod.Leftover) ([]nodepod.Leftover, error) {
	var chosen []nodepod.Leftover
	for _, l := range all {
		named := slices.Contains(o.names, l.Ref()) || slices.Contains(o.names, l.Name)
		if named && l.State == nodepod.StateInUse {
			return nil, fmt.Errorf("%s in namespace %s is in use by a process on this computer", l.Ref(), l.Namespace)
		}
		if named || len(o.names) == 0 && (l.Expendable() || o.all && l.State != nodepod.StateInUse) {
			chosen = append(chosen, l)
		}
	}
	for _, name := range o.names {
		if !slices.ContainsFunc(all, func(l nodepod.Leftover) bool { return name == l.Ref() || name == l.Name }) {
			return nil, cli.WithHint(fmt.Errorf("no node pod is called %q", name), "see what is there with: kubectl aksnode cleanup --dry-run")
		}
	}
	return chosen, nil
}

func (o *cleanupOptions) list(all, chosen []nodepod.Leftover) error {
	if len(all) == 0 {
		o.app.Printer().Notef("no node pods are left behind")
		return nil
	}
	w := printers.GetNewTabWriter(o.app.Streams.Out)
	fmt.Fprintln(w, "NAMESPACE\tNAME\tNODE\tOWNER\tUSER\tSTATE\tAGE\tACTION")
	for _, l := range all {
		action := "keep"
		if slices.Contains(chosen, l) {
			action = "remove"
		}
		user := l.User
		if user == "" {
			user = "<unknown>"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Namespace, l.Ref(), redact.Line(l.Node), l.Owner, redact.Line(user), l.State,
			duration.HumanDuration(time.Since(l.Created)), action)
	}
	return w.Flush()
}

// confirm asks before others' pods go because of --all; naming one is answer enough.
func (o *cleanupOptions) confirm(chosen []nodepod.Leftover) error {
	foreign := 0
	for _, l := range chosen {
		if !l.Expendable() {
			foreign++
		}
	}
	if foreign == 0 || o.yes || len(o.names) > 0 {
		return nil
	}
	if !cli.IsTerminal(o.app.Streams.In) {
		return errors.New("--all would remove what is not yours: confirm with --yes")
	}
	fmt.Fprintf(o.app.Streams.ErrOut, "Remove %d that are not yours, whose sessions would end? [y/N] ", foreign)
	answer, err := bufio.NewReader(o.app.Streams.In).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
		return errors.New("nothing was removed")
	}
	return nil
}
