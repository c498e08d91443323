package facts

import (
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

// session returns how this run reads Azure.
func (e *Env) session() azure.Session {
	s := azure.Session{Mode: e.Azure, Plugin: pluginName}
	if e.Notes != nil {
		s.Note = e.Notes.Notef
	}
	return s
}

// azure returns a client for the subscription of the nodes, and their node resource group. off says why Azure is not read, where that
// is no error.
func (e *Env) azure(nodes []podhealth.Node) (client *azure.Client, group, off string, err error) {
	var at id.Instance
	if i := slices.IndexFunc(nodes, func(n podhealth.Node) bool { return n.Azure.Subscription != "" }); i >= 0 {
		at = nodes[i].Azure
	}
	client, off, err = e.session().Client(at.Subscription)
	return client, at.ResourceGroup, off, err
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
