package facts

import (
	"context"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
)

// ManagedCluster is an AKS cluster, for checks, which import no reader.
type ManagedCluster = azure.Cluster

// ClusterInAzure is the cluster as Azure has it.
type ClusterInAzure struct {
	AzureIs
	Cluster azure.Cluster `json:"cluster,omitzero"`
}

// AzureCluster is found by the machine of one of its nodes.
var AzureCluster = &Fact[ClusterInAzure]{
	Name:    "azure-cluster",
	Access:  []rbacv1.PolicyRule{fact.Rule("", "nodes", "list")},
	Azure:   azure.ConnectorActions(),
	Timeout: azureTimeout,
	Gather: func(ctx context.Context, e *Env) (ClusterInAzure, []check.Evidence, error) {
		s := e.azure(ctx)
		if s.err != nil || s.off != "" {
			return ClusterInAzure{AzureIs: AzureIs{s.off}}, nil, s.err
		}
		return ClusterInAzure{Cluster: s.cluster}, []check.Evidence{{Source: id.AKS(s.cluster.ID, "show")}}, nil
	},
}
