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
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/kube"
)

// completionLimit bounds what completion may cost: a shell that hangs is worse than one that offers nothing.
const completionLimit = 3 * time.Second

// addCompletions completes the values of kubectl's flags that name things, and adds the command that installs the shim.
func (a *App) addCompletions(root *cobra.Command) {
	for flag, complete := range map[string]cobra.CompletionFunc{
		"namespace": a.completeNamespaces,
		"context":   a.completeContexts,
		"cluster":   cobra.NoFileCompletions,
		"color":     cobra.FixedCompletions([]string{"auto", "always", "never"}, cobra.ShellCompDirectiveNoFileComp),
	} {
		_ = root.RegisterFlagCompletionFunc(flag, complete) // fails only for a flag that is not there: the tests see it
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
	ctx, cancel := context.WithTimeout(c.Context(), completionLimit)
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

func (a *App) completeNamespaces(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(c.Context(), completionLimit)
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

func itemNames(items []metav1.PartialObjectMetadata) []string {
	names := make([]string, 0, len(items))
	for _, i := range items {
		names = append(names, i.Name)
	}
	return names
}

// shimCommand installs the program by which kubectl completes a plugin's arguments: kubectl looks for
// kubectl_complete-NAME on PATH, and krew links only one binary a plugin (https://github.com/kubernetes-sigs/krew/issues/812).
func shimCommand(plugin string) *cobra.Command {
	return &cobra.Command{
		Use:   "install-completion [DIRECTORY]",
		Short: "Let kubectl complete this plugin's arguments",
		Long: "Link this program under the name by which kubectl calls it for completion, in DIRECTORY or where PATH finds it.\n" +
			"The directory must be on PATH. Shell completion of kubectl itself is set up by 'kubectl completion --help'.",
		Args:                  cobra.MaximumNArgs(1),
		DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, args []string) error {
			self, err := SelfPath()
			if err != nil {
				return err
			}
			dir := filepath.Dir(self) // krew's bin, not its store
			if len(args) == 1 {
				dir = args[0]
			}
			link := filepath.Join(dir, completionPrefix+plugin+filepath.Ext(self))
			if to, err := os.Readlink(link); err == nil {
				if to == self {
					_, err = fmt.Fprintf(c.OutOrStdout(), "%s is there already\n", link)
					return err
				}
				if strings.HasPrefix(filepath.Base(to), "kubectl-"+plugin) { // ours, of another place
					if err := os.Remove(link); err != nil {
						return err
					}
				}
			}
			if err := os.Symlink(self, link); err != nil {
				if errors.Is(err, fs.ErrPermission) {
					err = WithHint(err, "name a directory on PATH that you may write to")
				}
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "linked %s\n", link)
			return err
		},
	}
}
