package facts

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
)

// AzureMode tells whether Azure is read.
type AzureMode = azure.Mode

// The modes of reading Azure: AzureAuto is that of checks unless the user names another.
const (
	AzureOff     = azure.Off
	AzureAuto    = azure.Auto
	AzureRequire = azure.Require
)

// AzureModes returns the values of --azure.
func AzureModes() []string { return azure.Modes() }

// ParseAzureMode returns the mode that the flag --azure names.
func ParseAzureMode(flag string) (AzureMode, error) { return azure.ParseMode(flag) }

// azureTimeout bounds one fact about Azure.
const azureTimeout = 10 * time.Second

// azureSide is how this run reads Azure, and the cluster there. It is the same for all connections.
type azureSide struct {
	client  *azure.Client
	cluster azure.Cluster
	off     string // why Azure is not read; empty: it is
	err     error
}

// azure returns how this run reads Azure. Its err is kept too, so that nothing is asked again for each connection.
func (e *Env) azure(ctx context.Context) *azureSide {
	s, _ := fact.Cached(e.Shared, "azure", func() (*azureSide, error) {
		s := &azureSide{}
		s.err = s.open(ctx, e)
		return s, nil
	})
	return s
}

func (s *azureSide) open(ctx context.Context, e *Env) (err error) {
	session := azure.Session{Mode: e.Azure, Plugin: "kubectl-connectordoctor", Note: e.Note}
	if _, s.off, err = session.Login(); err != nil || s.off != "" {
		return err
	}
	at, err := machineOf(ctx, e.Clients)
	if err != nil && !apierrors.IsForbidden(err) {
		s.off = fmt.Sprintf("the nodes, which name their Azure machines, could not be listed: %v", err)
		return nil
	}
	if err != nil {
		return err
	}
	if s.client, s.off, err = session.Client(at.Subscription); err != nil || s.off != "" {
		return err
	}
	s.cluster, err = azure.FindCluster(ctx, s.client, at.ResourceGroup, e.Clients.ServerNames())
	return err
}

// machineOf returns the Azure machine of one of the nodes; its zero value if none has one.
func machineOf(ctx context.Context, c *kube.Clients) (at id.Instance, err error) {
	for next := ""; ; {
		list, err := c.CoreV1().Nodes().List(ctx, metav1.ListOptions{Limit: 50, Continue: next})
		if err != nil {
			return at, err
		}
		for i := range list.Items {
			if at = azureOf(&list.Items[i]); at.Subscription != "" {
				return at, nil
			}
		}
		if next = list.Continue; next == "" {
			return at, nil
		}
	}
}

func azureOf(n *corev1.Node) id.Instance { return cluster.NodeOf(n).Azure }

// AzureIs tells whether a fact about Azure was read.
type AzureIs struct {
	Off string `json:"off,omitempty"` // why it was not; empty: it was
}
