package aksnode

import (
	"bufio"
	"cmp"
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
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
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
		Short: "Remove leftover node pods",
		Long: templates.LongDesc(`
			Remove the node pods that you created from this computer and that no process uses any more, and finished node
			pods of all users.

			Running node pods of other users, pods that 'kubectl debug node' has left behind, and jobs that only carry the
			labels of node pods (OWNER is "unknown") are listed. They are removed only if you name them or use --all. USER is
			what the pod's creator has noted. Pods that a process on this computer is using are never removed.`),
		Example: templates.Examples(`
			# Remove your own node pods, in all namespaces
			kubectl aksnode cleanup

			# Only list the node pods
			kubectl aksnode cleanup --dry-run

			# Remove a pod that kubectl debug left behind
			kubectl aksnode cleanup pod/node-debugger-aks-nodepool1-12345678-vmss000000-x7k2p

			# Remove the node pods of all users
			kubectl aksnode cleanup --all`),
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, args []string) error {
			o.names = args
			return o.run(c.Context())
		},
	}
	c.Flags().BoolVarP(&o.allNamespaces, "all-namespaces", "A", true, "Look in all namespaces; with -A=false only in the current one")
	c.Flags().BoolVar(&o.all, "all", false, "Also remove the pods of other users and of kubectl debug, after confirmation")
	c.Flags().BoolVarP(&o.yes, "yes", "y", false, "Do not ask for confirmation")
	c.Flags().BoolVar(&o.dryRun, "dry-run", false, "Only list the pods and what would be removed")
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
			return cli.WithHint(err, "without permission to list in all namespaces, choose one: -n NAMESPACE")
		}
		return cli.WithHint(err, hints(hintContext{}, err)...)
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

// choose returns the leftovers to remove. A name that does not exist, or whose pod is in use, is an error.
func (o *cleanupOptions) choose(all []nodepod.Leftover) ([]nodepod.Leftover, error) {
	var chosen []nodepod.Leftover
	for _, l := range all {
		byName := slices.Contains(o.names, l.Ref()) || slices.Contains(o.names, l.Name)
		if byName && l.State == nodepod.StateInUse {
			return nil, fmt.Errorf("%s in namespace %s is in use by a process on this computer", l.Ref(), l.Namespace)
		}
		if byName || len(o.names) == 0 && (l.Expendable() || o.all && l.State != nodepod.StateInUse) {
			chosen = append(chosen, l)
		}
	}
	for _, name := range o.names {
		if !slices.ContainsFunc(all, func(l nodepod.Leftover) bool { return name == l.Ref() || name == l.Name }) {
			return nil, cli.WithHint(fmt.Errorf("node pod %q not found", name), "list the node pods: kubectl aksnode cleanup --dry-run")
		}
	}
	return chosen, nil
}

func (o *cleanupOptions) list(all, chosen []nodepod.Leftover) error {
	if len(all) == 0 {
		o.app.Printer().Notef("no leftover node pods found")
		return nil
	}
	t := newTable(o.app.Streams.Out, "NAMESPACE", "NAME", "NODE", "OWNER", "USER", "STATE", "AGE", "ACTION")
	for _, l := range all {
		action := "keep"
		if slices.Contains(chosen, l) {
			action = "remove"
		}
		owner := string(l.Owner)
		if l.Unproven {
			owner = "unknown"
		}
		t.row(l.Namespace, l.Ref(), l.Node, owner, cmp.Or(l.User, "<unknown>"), string(l.State),
			duration.HumanDuration(time.Since(l.Created)), action)
	}
	return t.flush()
}

// confirm asks for confirmation before pods of others are removed because of --all. For pods that were named it does not ask.
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
		return errors.New("--all would remove pods that are not yours: confirm with --yes")
	}
	fmt.Fprintf(o.app.Streams.ErrOut, "Remove %d pods that are not yours? This terminates sessions that use them. [y/N] ", foreign)
	answer, err := bufio.NewReader(o.app.Streams.In).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return errors.New("nothing was removed")
}
