package connectordoctor

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// completionTimeout is short: a shell that hangs is worse than one that offers nothing.
const completionTimeout = 3 * time.Second

func listCommand(a *cli.App) *cobra.Command {
	all, output, azure := false, "", ""
	c := &cobra.Command{
		Use:   "list",
		Short: "List connections, as far as the cluster knows them",
		Long: templates.LongDesc(`
			List the connections of the namespace with their Secret, ServiceAccount, client ID and the workloads that use them. They
			are found by the names that Service Connector gives to Secrets and SecretProviderClasses, and by the workloads that refer
			to these. The name of a connection is shown as far as that of its Secret tells: characters other than letters and digits
			are missing in it, and it is in lower case.

			Target and authentication are kept in Azure. With --azure=auto or require they are read, names are those in Azure, and
			connections are listed too of which only Azure, or only the cluster has something: such as one that never reached the
			cluster, or whose Secret was left behind when it was deleted.

			Of Secrets only metadata are requested. Without permission to list them, connections that no workload uses are missing.`),
		Example: templates.Examples(`
			# The connections of the current namespace
			kubectl connectordoctor list

			# All connections, for a script
			kubectl connectordoctor list -A -o json

			# Those that exist in Azure only, or in the cluster only
			kubectl connectordoctor list -A --azure=require`),
		Args:                  cobra.NoArgs,
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     cobra.NoFileCompletions,
		RunE: func(c *cobra.Command, _ []string) error {
			if output != "" && output != "json" {
				return fmt.Errorf("--output is %q: it takes json", output)
			}
			mode, err := facts.ParseAzureMode(azure)
			if err != nil {
				return err
			}
			clients, err := kube.New(a.Flags)
			if err != nil {
				return err
			}
			list, err := find(c.Context(), a.Printer(), clients, all)
			if err != nil {
				return err
			}
			read := false
			if mode != facts.AzureOff {
				if list, read, err = withAzure(c.Context(), a.Printer(), clients, mode, all, list); err != nil {
					return err
				}
			}
			if output == "json" {
				return a.PrintJSON(struct {
					APIVersion string  `json:"apiVersion"`
					Kind       string  `json:"kind"`
					Items      []found `json:"items"`
				}{report.APIVersion, "ConnectionList", list})
			}
			if len(list) == 0 {
				a.Printer().Notef("no connection found")
				return nil
			}
			return table(a.Streams.Out, list, all, read)
		},
	}
	c.Flags().BoolVarP(&all, "all-namespaces", "A", false, "List the connections in all namespaces")
	c.Flags().StringVarP(&output, "output", "o", "", "Output format: json")
	c.Flags().StringVar(&azure, "azure", string(facts.AzureOff),
		"Whether to read the connections from Azure too: off, auto (if you are signed in) or require")
	_ = c.RegisterFlagCompletionFunc("azure", cobra.FixedCompletions(facts.AzureModes(), cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"json"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// table writes the connections as kubectl does, with their namespaces if that is asked for, and who knows them if Azure was read.
func table(out io.Writer, list []found, namespaces, azure bool) error {
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	row := func(namespace string, columns ...string) {
		if namespaces {
			columns = append([]string{namespace}, columns...)
		}
		if !azure {
			columns = columns[:len(columns)-1]
		}
		fmt.Fprintln(w, strings.Join(columns, "\t"))
	}
	row("NAMESPACE", "NAME", "SECRET", "SERVICEACCOUNT", "CLIENT-ID", "USED-BY", "KNOWN-TO")
	for _, c := range list {
		secret := cmp.Or(c.Secret, "-")
		if c.SecretExists != nil && !*c.SecretExists {
			secret += " (missing)"
		}
		switch {
		case c.Secret == "" && c.ProviderClass != "":
			secret = "csi:" + c.ProviderClass
		case c.Secret == "" && c.CSI:
			secret = "csi" // nothing is created in the cluster
		}
		var users []string
		for _, r := range c.Consumers {
			users = append(users, r.String())
		}
		row(c.Namespace, c.Name, secret, cmp.Or(c.ServiceAccount, "-"), cmp.Or(c.ClientID, "-"), cmp.Or(strings.Join(users, ", "), "-"),
			c.where())
	}
	return w.Flush()
}
