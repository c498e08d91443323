package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"github.com/spf13/cobra"

	"github.com/akstools/akstools/test/lab/internal/arm"
)

func azureCommand() *cobra.Command {
	c := &cobra.Command{Use: "azure", Short: "Change the Azure of a lab with --azure"}
	c.AddCommand(
		azureLogin(),
		azureResource("get ID", "Print a resource or, of an ID that ends in a type, a list", http.MethodGet, false),
		azureResource("put ID", "Create or replace a resource; stdin is its body", http.MethodPut, true),
		azureResource("delete ID", "Delete a resource", http.MethodDelete, false),
		azureState("rules", "Print the roles, role assignments and deny assignments, or replace them by those on stdin"),
		azureState("behavior", "Print how Resource Manager answers, or replace it: delays, throttling, locks"),
		azurePath("bin", "Print the directory with the lab's az, for PATH", arm.BinDir),
		azurePath("ca", "Print the file of the CA that Azure's servers present, for SSL_CERT_FILE", arm.CA),
		azureCounters(),
		azureJournal(),
		azureRole(),
		azureAgent(),
	)
	return c
}

func azureAgent() *cobra.Command {
	c := &cobra.Command{Use: "agent", Short: "Let connections of Service Connector be written to the cluster, as its extension agents do"}
	c.AddCommand(
		&cobra.Command{
			Use: "start PROGRAM", Args: cobra.ExactArgs(1),
			Short: "Run PROGRAM CONNECTION NAMESPACE [HELM-ARGUMENT...] for each, in whose directory is helm; from now on Azure waits for it",
			RunE:  func(c *cobra.Command, args []string) error { return arm.StartAgent(c.Context(), args[0]) },
		},
		&cobra.Command{
			Use: "stop", Short: "Write nothing; connections succeed once Azure has accepted them", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error { return arm.StopAgent(c.Context()) },
		},
	)
	return c
}

func azurePath(name, short string, path func() string) *cobra.Command {
	return &cobra.Command{
		Use: name, Short: short, Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { _, err := fmt.Println(path()); return err },
	}
}

func azureLogin() *cobra.Command {
	public, from := false, ""
	c := &cobra.Command{
		Use: "login DIRECTORY PRINCIPAL", Args: cobra.ExactArgs(2),
		Short: "Make the directory the AZURE_CONFIG_DIR of an az at which the service principal is signed in",
		RunE: func(c *cobra.Command, args []string) error {
			return arm.Login(c.Context(), args[0], args[1], from, public)
		},
	}
	c.Flags().StringVar(&from, "from", "", "Sign in as a user, who has this public address")
	c.Flags().BoolVar(&public, "public", false, "Use the names of the public cloud, which only the lab's machines reach")
	return c
}

func azureResource(use, short, method string, body bool) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var in any
			if body {
				if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
					return fmt.Errorf("stdin is no JSON: %w", err)
				}
			}
			return printAnswer(c, method, "/arm"+args[0], in)
		},
	}
}

// azureState is a command that prints a document or, with --set, replaces it.
func azureState(name, short string) *cobra.Command {
	set := false
	c := &cobra.Command{
		Use: name, Short: short, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if !set {
				return printAnswer(c, http.MethodGet, "/"+name, nil)
			}
			var in json.RawMessage
			if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
				return fmt.Errorf("stdin is no JSON: %w", err)
			}
			return printAnswer(c, http.MethodPut, "/"+name, in)
		},
	}
	c.Flags().BoolVar(&set, "set", false, "Replace it by the JSON on stdin")
	return c
}

func azureCounters() *cobra.Command {
	return &cobra.Command{
		Use: "counters", Short: "Print how many packets each rule has decided since the last change", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return printAnswer(c, http.MethodGet, "/counters", nil) },
	}
}

func azureJournal() *cobra.Command {
	clear, all := false, false
	c := &cobra.Command{
		Use: "journal", Short: "Print the requests that Resource Manager has answered, without those of the cloud provider", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if clear {
				return printAnswer(c, http.MethodDelete, "/journal", nil)
			}
			without := arm.CloudProvider
			if all {
				without = ""
			}
			return printAnswer(c, http.MethodGet, "/journal?without="+without, nil)
		},
	}
	c.Flags().BoolVar(&clear, "clear", false, "Forget them")
	c.Flags().BoolVar(&all, "all", false, "Print those of the cloud provider, too")
	return c
}

func azureRole() *cobra.Command {
	c := &cobra.Command{Use: "role", Short: "Assign roles to service principals"}
	c.AddCommand(
		&cobra.Command{
			Use: "assign PRINCIPAL ROLE SCOPE", Short: "Give a principal a role", Args: cobra.ExactArgs(3),
			RunE: func(c *cobra.Command, args []string) error { return arm.Assign(c.Context(), args[0], args[1], args[2]) },
		},
		&cobra.Command{
			Use: "remove PRINCIPAL", Short: "Take all roles from a principal", Args: cobra.ExactArgs(1),
			RunE: func(c *cobra.Command, args []string) error { return arm.Unassign(c.Context(), args[0]) },
		},
	)
	return c
}

func printAnswer(c *cobra.Command, method, path string, in any) error {
	b, err := arm.Do(c.Context(), method, path, in)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(b)
	return err
}
