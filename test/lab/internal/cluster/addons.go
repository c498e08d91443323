package cluster

import (
	"context"
	"path/filepath"

	"github.com/akstools/akstools/test/lab/internal/secretsstore"
	"github.com/akstools/akstools/test/lab/internal/workloadidentity"
)

// StartWorkloadIdentity adds the webhook of Azure Workload Identity to the running lab.
func (l Lab) StartWorkloadIdentity(ctx context.Context) error {
	return workloadidentity.Start(ctx, l.module(), l.kubectl, l.Progress)
}

// StopWorkloadIdentity removes it.
func (l Lab) StopWorkloadIdentity(ctx context.Context) error {
	return workloadidentity.Stop(ctx, l.module(), l.kubectl)
}

// StartSecretsStore adds the Secrets Store CSI Driver and its provider for Azure Key Vault to the running lab.
func (l Lab) StartSecretsStore(ctx context.Context) error {
	return secretsstore.Start(ctx, l.module(), l.kubectl, l.Progress)
}

// StopSecretsStore removes them.
func (l Lab) StopSecretsStore(ctx context.Context) error {
	return secretsstore.Stop(ctx, l.module(), l.kubectl)
}

// module is the directory of the lab's Go module.
func (l Lab) module() string { return filepath.Join(l.Checkout, "test", "lab") }
