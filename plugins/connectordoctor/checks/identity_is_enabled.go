package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// IdentityIsEnabled finds a cluster without OIDC issuer or workload identity.
var IdentityIsEnabled = &check.Check{
	Code:     "CON0604",
	Name:     "identity-is-enabled",
	Hop:      hopAzure,
	Explains: true,
	Doc: `the OIDC issuer and workload identity of the cluster are enabled, if the connection is by workload identity

Service Connector enables both. A template that sets the cluster's properties again disables workload identity, and new pods get no
token.`,
	Sources: []string{docIdentity, "https://learn.microsoft.com/azure/service-connector/known-limitations"},
	Needs:   ofAzure(),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		l, ok, err := known(p)
		if !ok {
			return nil, err
		}
		if !l.here[0].ByIdentity() {
			p.Skip("pods do not sign in by workload identity")
			return nil, nil
		}
		var missing []string
		f := check.Finding{Severity: check.Error, Target: clusterRef(l.cluster)}
		if l.cluster.Issuer == "" {
			missing = append(missing, "the OIDC issuer")
			f.Cause = "Entra ID cannot verify the tokens of the cluster's ServiceAccounts"
		}
		if !l.cluster.WorkloadIdentity {
			missing = append(missing, "workload identity")
			f.Cause = "AKS removes the webhook that gives tokens to new pods; a template was deployed without these properties"
		}
		if len(missing) == 0 {
			return nil, nil
		}
		// pods that were created before keep their tokens
		if l.cluster.Issuer != "" && someInjected(p) {
			f.Severity = check.Warning
		}
		f.Summary = fmt.Sprintf("cluster %s has %s disabled, which connection %s needs", l.cluster.Name(), strings.Join(missing, " and "), l.Name)
		enable := fix("enable both, then restart the pods", id.AKS(l.cluster.ID, "update", "--enable-oidc-issuer", "--enable-workload-identity"))
		enable.Template = "oidcIssuerProfile.enabled and securityProfile.workloadIdentity.enabled of the cluster"
		f.Fixes = []check.Fix{enable}
		return []check.Finding{f}, nil
	},
}

// someInjected reports whether a pod that uses the connection is known to have a token.
func someInjected(p *check.Pass) bool {
	pods, err := facts.ConsumerPods.Get(p)
	return err == nil && slices.ContainsFunc(pods.Alive(), func(pod facts.ConsumerPod) bool { return some(pod.Use) })
}
