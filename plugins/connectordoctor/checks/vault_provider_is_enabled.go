package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// VaultProviderIsEnabled finds a cluster without the add-on that mounts secrets of key vaults.
var VaultProviderIsEnabled = &check.Check{
	Code:     "CON0605",
	Name:     "vault-provider-is-enabled",
	Hop:      hopAzure,
	Explains: true,
	Doc: `the add-on azure-keyvault-secrets-provider is enabled, if pods mount the key vault's secrets by the CSI driver

Service Connector enables it with the connection. A template that sets the cluster's properties again disables it.`,
	Sources: []string{docCSI, "https://learn.microsoft.com/azure/service-connector/known-limitations"},
	Needs:   ofAzure(facts.CSIDriver),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		l, ok, err := known(p)
		switch {
		case !ok:
			return nil, err
		case !l.here[0].CSI:
			p.Skip("the connection does not use the CSI driver")
			return nil, nil
		case l.cluster.VaultProvider:
			return nil, nil
		}
		driver, err := facts.CSIDriver.Get(p)
		if err != nil {
			return nil, err
		}
		f := check.Finding{
			Severity: check.Error, Target: clusterRef(l.cluster),
			Summary: fmt.Sprintf("cluster %s has the add-on azure-keyvault-secrets-provider disabled, which connection %s needs",
				l.cluster.Name(), l.Name),
			Cause: "no pod can mount secrets of the key vault: the cluster has no CSI driver for them",
			Fixes: []check.Fix{fix("enable the add-on", id.AKS(l.cluster.ID, "enable-addons", "--addons", "azure-keyvault-secrets-provider"))},
		}
		f.Fixes[0].Template = "addonProfiles.azureKeyvaultSecretsProvider.enabled of the cluster"
		if driver.Exists {
			f.Severity, f.Cause = check.Info, "a driver that was installed by other means mounts them, with an identity of its own"
			f.Fixes = nil
		}
		return []check.Finding{f}, nil
	},
}
