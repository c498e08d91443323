package aksnode

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/azure/machine"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/kube"
)

// viaAzure is the value of --via: the run command of Azure's virtual machines.
const viaAzure = "azure"

// addVia adds the flag --via.
func addVia(c *cobra.Command, via *string) {
	c.Flags().StringVar(via, "via", "", "Reach the node without a pod; azure: with the run command of its virtual machine")
	_ = c.RegisterFlagCompletionFunc("via", cobra.FixedCompletions([]string{viaAzure}, cobra.ShellCompDirectiveNoFileComp))
}

func validateVia(via string) error {
	if via != "" && via != viaAzure {
		return fmt.Errorf("--via is %q: it takes azure", via)
	}
	return nil
}

// machines returns the machines of the nodes. Notes are those of the flags.
func (f *podFlags) machines(a *cli.App, clients *kube.Clients) (*machine.Machines, error) {
	n := notes{a.Printer(), f.quiet}
	return machine.New(clients, "kubectl-aksnode", func(_ string, at id.Instance) {
		n.Notef("running a command on virtual machine %s through Azure, which takes half a minute", at)
	})
}

// viaHints returns hints for an error of Azure.
func viaHints(e *azure.Error) []string {
	switch e.Reason {
	case azure.SignInFailed:
		return []string{"sign in: az login"}
	case azure.WrongTenant:
		return []string{"sign in to the cluster's tenant: az login --tenant TENANT"}
	case azure.NoPermission:
		return []string{"ask for this permission, or for a role that has it, on the node resource group"}
	case azure.Denied:
		return []string{"if AKS has locked the node resource group (restriction level ReadOnly), use a node pod, or SSH via another node"}
	}
	return nil
}

var errNoFollow = errors.New("--follow cannot be used with --via azure: output is returned only after the command has exited")
