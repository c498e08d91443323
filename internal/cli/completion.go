package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/kube"
)

// completionTimeout is short: a shell that hangs is worse than one that offers nothing.
const completionTimeout = 3 * time.Second

// addCompletions adds completion of the values of kubectl's flags, and the command that installs the shim.
func (a *App) addCompletions(root *cobra.Command) {
	for flag, complete := range map[string]cobra.CompletionFunc{
		"namespace": a.CompleteNamespaces,
		"context":   a.completeContexts,
		"cluster":   cobra.NoFileCompletions,
		"color":     cobra.FixedCompletions([]string{"auto", "always", "never"}, cobra.ShellCompDirectiveNoFileComp),
	} {
		_ = root.RegisterFlagCompletionFunc(flag, complete) // fails only if the flag does not exist, which the tests would notice
	}
	root.AddCommand(shimCommand(root.Name()))
}

// CompleteNodes offers the cluster's node names for the first argument.
func (a *App) CompleteNodes(c *cobra.Command, args []string, text string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.CompleteMoreNodes(c, args, text)
}

// CompleteMoreNodes offers the cluster's node names for each argument.
func (a *App) CompleteMoreNodes(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(c.Context(), completionTimeout)
	defer cancel()
	clients, err := kube.New(a.Flags)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	nodes, err := clients.Metadata("v1", "nodes").List(ctx, metav1.ListOptions{Limit: 5000})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return itemNames(nodes.Items), cobra.ShellCompDirectiveNoFileComp
}

// CompleteNamespaces offers the names of the cluster's namespaces.
func (a *App) CompleteNamespaces(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(c.Context(), completionTimeout)
	defer cancel()
	clients, err := kube.New(a.Flags)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	namespaces, err := clients.Metadata("v1", "namespaces").List(ctx, metav1.ListOptions{Limit: 5000})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return itemNames(namespaces.Items), cobra.ShellCompDirectiveNoFileComp
}

func (a *App) completeContexts(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	config, err := a.Flags.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for name := range config.Contexts {
		names = append(names, name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// itemNames returns the names of the items, except those that no object can have: the shell completes what it is given.
func itemNames(items []metav1.PartialObjectMetadata) []string {
	names := make([]string, 0, len(items))
	for _, i := range items {
		if len(validation.NameIsDNSSubdomain(i.Name, false)) == 0 {
			names = append(names, i.Name)
		}
	}
	return names
}

// shimCommand returns the command that installs the program with which kubectl completes a plugin's arguments. kubectl looks for
// kubectl_complete-NAME on PATH, and krew links only one binary per plugin (https://github.com/kubernetes-sigs/krew/issues/812).
func shimCommand(plugin string) *cobra.Command {
	return &cobra.Command{
		Use:   "install-completion [DIRECTORY]",
		Short: "Make kubectl complete this plugin's arguments",
		Long: "Create a link to this program with the name that kubectl calls for completion. The link is created in DIRECTORY, which\n" +
			"must be on PATH; by default, next to this program. To set up shell completion of kubectl itself: kubectl completion --help",
		Example:               "  kubectl " + plugin + " install-completion ~/.local/bin",
		Args:                  cobra.MaximumNArgs(1),
		DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, args []string) error {
			self, err := SelfPath()
			if err != nil {
				return err
			}
			dir := filepath.Dir(self) // with krew, its bin directory and not its store
			if len(args) == 1 {
				dir = args[0]
			}
			link := filepath.Join(dir, completionPrefix+plugin+filepath.Ext(self))
			if to, err := os.Readlink(link); err == nil {
				if to == self {
					_, err = fmt.Fprintf(c.OutOrStdout(), "%s already exists\n", link)
					return err
				}
				if strings.HasPrefix(filepath.Base(to), "kubectl-"+plugin) { // a link of ours to another location
					if err := os.Remove(link); err != nil {
						return err
					}
				}
			}
			if err := os.Symlink(self, link); err != nil {
				if errors.Is(err, fs.ErrPermission) {
					err = WithHint(err, "give a directory on PATH to which you have write permission, as an argument")
				}
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "linked %s\n", link)
			return err
		},
	}
}
