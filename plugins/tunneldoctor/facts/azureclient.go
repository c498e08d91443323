package facts

import (
	"errors"
	"slices"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/azure/machine"
	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/noderun"
	"github.com/akstools/akstools/internal/podhealth"
)

// AzureMode tells whether Azure is read.
type AzureMode = azure.Mode

// AzureAuto is the mode that is used unless the user names another.
const AzureAuto = azure.Auto

// AzureModes returns the values of --azure.
func AzureModes() []string { return azure.Modes() }

// ParseAzureMode returns the mode that the flag --azure names.
func ParseAzureMode(flag string) (AzureMode, error) { return azure.ParseMode(flag) }

// pluginName is the name that requests to Azure bear.
const pluginName = "kubectl-tunneldoctor"

// login returns how the user signs in to Azure. off says why Azure is not read, where that is no error.
func (e *Env) login() (l azure.Login, off string, err error) {
	if e.Azure == azure.Off || e.Azure == "" {
		return l, "--azure=off", nil
	}
	// what was configured and cannot be read is never a reason to be silent
	l, err = azure.CurrentLogin()
	return l, "", err
}

// azure returns a client for the subscription of the nodes, and their node resource group. off says why Azure is not read, where that
// is no error.
func (e *Env) azure(nodes []podhealth.Node) (client *azure.Client, group, off string, err error) {
	login, off, err := e.login()
	if err != nil || off != "" {
		return nil, "", off, err
	}
	i := slices.IndexFunc(nodes, func(n podhealth.Node) bool { return n.Azure.Subscription != "" })
	if i < 0 {
		off, err = e.without(azure.ErrNoNode)
		return nil, "", off, err
	}
	client, err = azure.New(login, nodes[i].Azure.Subscription, pluginName)
	off, err = e.unlessSignedOut(err)
	return client, nodes[i].Azure.ResourceGroup, off, err
}

// unlessSignedOut returns err, unless it is that the user is not signed in, and Azure is not required.
func (e *Env) unlessSignedOut(err error) (off string, _ error) {
	var reason *azure.Error
	if errors.As(err, &reason) && reason.Reason == azure.NotSignedIn {
		return e.without(err)
	}
	return "", err
}

// without returns that Azure cannot be read: an error only where it is required, and otherwise a line for the user.
func (e *Env) without(why error) (off string, err error) {
	if e.Azure == azure.Require {
		return "", why
	}
	if e.Notes != nil {
		e.Notes.Notef("Azure was not read: %v", why)
	}
	return why.Error(), nil
}

// proberParts is how many run commands the result of a node's check may take.
const proberParts = 4

// AzureProber returns a Runner for Env.NodeProber that creates no pods: it runs commands by the run command of the nodes' machines.
func AzureProber(clients *kube.Clients, notes jobpod.Notes) (noderun.Runner, error) {
	machines, err := machine.New(clients, pluginName, func(node string, at id.Instance) {
		notes.Notef("checking node %s on virtual machine %s through Azure, which takes a minute or more", node, at)
	})
	if err != nil {
		return nil, err
	}
	return machines.Runner(proberParts), nil
}
