// Package machine runs commands on the Linux machines of nodes by Azure's run command, which needs neither a pod nor the node's kubelet.
package machine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/noderun"
)

// Machines are the machines of a cluster's nodes. They are safe for concurrent use.
type Machines struct {
	kube   *kube.Clients
	login  azure.Login
	plugin string
	note   func(node string, at id.Instance)

	mu     sync.Mutex
	groups map[string]*group      // by the subscription and the node resource group
	nodes  map[string]id.Instance // those on which commands were run
}

// group is a node resource group.
type group struct {
	once   sync.Once
	client *azure.Client
	err    error // why no command may run there
}

// New returns the machines of the cluster's nodes, for the user who is signed in to Azure. plugin is that of azure.New. note is called
// before the first command on each node.
func New(clients *kube.Clients, plugin string, note func(node string, at id.Instance)) (*Machines, error) {
	login, err := azure.CurrentLogin()
	if err != nil {
		return nil, err
	}
	return &Machines{
		kube: clients, login: login, plugin: plugin, note: note, groups: map[string]*group{}, nodes: map[string]id.Instance{},
	}, nil
}

// overhead is how much longer than its script a run command may take. It usually takes half a minute; where the machine's agent does not
// respond, Azure goes on for 90 minutes.
const overhead = 3 * time.Minute

// Runner returns the Runner whose results have up to that many parts of azure.MaxRunOutput bytes. Each takes a run command, which takes
// half a minute. Its errors are an *azure.Error or a *nodepod.UnusableNodeError where they are not those of noderun.
func (m *Machines) Runner(parts int) noderun.Runner {
	return &noderun.Invoked{Invoke: m.invoke, Most: azure.MaxRunOutput, Parts: parts, Overhead: overhead}
}

// invoke implements noderun.Invoke.
func (m *Machines) invoke(ctx context.Context, name, script string) (string, error) {
	at, err := m.find(ctx, name)
	if err != nil {
		return "", err
	}
	client, err := m.client(ctx, at)
	if err != nil {
		return "", err
	}
	m.announce(name, at)
	out, err := whenFree(ctx, func() (string, error) { return azure.RunCommand(ctx, client, at, script) })
	if err != nil && !neverRan(err) {
		err = fmt.Errorf("%w; the command may still be running on the node", err)
	}
	return out, err
}

// find returns the machine of the node, which is read once.
func (m *Machines) find(ctx context.Context, name string) (id.Instance, error) {
	m.mu.Lock()
	at, known := m.nodes[name]
	m.mu.Unlock()
	if known {
		return at, nil
	}
	node, err := nodepod.GetNode(ctx, m.kube, name)
	if err != nil {
		return id.Instance{}, err
	}
	return machineOf(node)
}

// busyPause is for how long a machine that runs another command is left alone.
const busyPause = 3 * time.Second

// whenFree repeats run while the machine runs another command: a colleague's, or an earlier one that Azure has not finished.
func whenFree(ctx context.Context, run func() (string, error)) (string, error) {
	for {
		out, err := run()
		var reason *azure.Error
		if !errors.As(err, &reason) || reason.Reason != azure.Busy {
			return out, err
		}
		select {
		case <-time.After(busyPause):
		case <-ctx.Done():
			return "", err
		}
	}
}

// neverRan reports whether the error says that the command did not run.
func neverRan(err error) bool {
	var reason *azure.Error
	if !errors.As(err, &reason) {
		return false
	}
	switch reason.Reason {
	case azure.NoAnswer, azure.Refused:
		return false
	}
	return true
}

// machineOf returns the Linux machine of the node.
func machineOf(node *corev1.Node) (id.Instance, error) {
	at, ok := id.Parse(node.Spec.ProviderID, node.Name)
	switch {
	case !ok:
		return at, &nodepod.UnusableNodeError{
			Node: node.Name, Reason: "has no providerID that names its Azure virtual machine",
			Hints: []string{"list the nodes: kubectl aksnode list"},
		}
	case nodepod.IsWindows(node):
		return at, &nodepod.UnusableNodeError{
			Node: node.Name, Reason: "runs Windows, which --via azure does not support",
			Hints: []string{"with az: " + nodepod.RunCommandLine(node, "Get-Service", "kubelet")},
		}
	}
	return at, nil
}

// client returns the client for the machine's subscription. An API server can name the machines of others, on which the user may run
// commands, too: so the node resource group must be that of the cluster with this API server.
func (m *Machines) client(ctx context.Context, at id.Instance) (*azure.Client, error) {
	key := strings.ToLower(at.Subscription + "/" + at.ResourceGroup)
	m.mu.Lock()
	g := m.groups[key]
	if g == nil {
		g = &group{}
		m.groups[key] = g
	}
	m.mu.Unlock()
	g.once.Do(func() {
		if g.client, g.err = azure.New(m.login, at.Subscription, m.plugin); g.err == nil {
			_, g.err = azure.FindCluster(ctx, g.client, at.ResourceGroup, m.kube.ServerNames())
		}
	})
	return g.client, g.err
}

// announce calls note if it was not called for the node.
func (m *Machines) announce(node string, at id.Instance) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.nodes[node]; !known {
		m.nodes[node] = at
		m.note(node, at)
	}
}
