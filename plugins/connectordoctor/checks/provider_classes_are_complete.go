package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// ProviderClassesAreComplete finds SecretProviderClasses that are missing or that the Azure provider refuses.
var ProviderClassesAreComplete = &check.Check{
	Code: "CON0305",
	Name: "provider-classes-are-complete",
	Hop:  hopResources,
	Doc: `the SecretProviderClasses that the pods mount exist and have what the Azure provider needs

It needs keyvaultName, tenantId and objects, and exactly one way to sign in. Service Connector uses the add-on's identity:
useVMManagedIdentity "true" and userAssignedIdentityID.`,
	Sources: []string{
		"https://learn.microsoft.com/azure/aks/csi-secrets-store-identity-access",
		"https://azure.github.io/secrets-store-csi-driver-provider-azure/docs/getting-started/usage/",
	},
	Needs: provided(facts.Consumers),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, list, ok, err := consumers(p)
		if !ok {
			return nil, err
		}
		if !mountsByCSI(list) {
			p.Skip("no pod mounts secrets by the CSI driver")
			return nil, nil
		}
		classes, err := facts.ProviderClasses.Get(p)
		if err != nil {
			return nil, err
		}
		var found []check.Finding
		type way struct {
			class   string
			signsIn bool
		}
		seen := map[way]bool{}
		for _, c := range list {
			for _, use := range c.Template.Uses {
				if use.How != facts.CSI || seen[way{use.Object, use.SignsIn}] {
					continue
				}
				seen[way{use.Object, use.SignsIn}] = true
				if summary, cause, f := classProblem(s, classes, use); summary != "" {
					found = append(found, check.Finding{
						Severity: check.Error, Target: check.Ref{Kind: "secretproviderclass", Namespace: s.Namespace, Name: use.Object},
						Also: []check.Ref{c.Ref}, Summary: summary, Cause: cause, Fixes: []check.Fix{f},
					})
				}
			}
		}
		return found, nil
	},
}

// classProblem returns what is wrong with the class; an empty summary if nothing is known.
func classProblem(s subject, classes facts.ProviderClassList, use facts.Use) (summary, cause string, f check.Fix) {
	name := use.Object
	show := fix("set what is missing", cmdline.Kubectl("edit", "secretproviderclass", name, "-n", s.Namespace))
	c, exists := classes.Get(name)
	switch {
	case !classes.Served:
		return "the cluster does not know SecretProviderClasses", "the add-on azure-keyvault-secrets-provider is off", enableCSI()
	case !exists:
		return fmt.Sprintf("SecretProviderClass %s does not exist in namespace %s, or is not for Azure", name, s.Namespace),
			"pods can mount a SecretProviderClass of their own namespace only",
			fix("see which exist", cmdline.Kubectl("get", "secretproviderclasses", "-A"))
	}
	var missing []string
	for what, set := range map[string]bool{"keyvaultName": c.Vault != "", "tenantId": c.Tenant, "objects": c.Objects} {
		if !set {
			missing = append(missing, what)
		}
	}
	slices.Sort(missing)
	switch {
	case len(missing) > 0:
		return fmt.Sprintf("SecretProviderClass %s lacks %s", name, names(missing)), "the Azure provider refuses to mount it", show
	case c.BadObjects:
		return fmt.Sprintf("objects of SecretProviderClass %s are no valid YAML", name),
			"the Azure provider cannot read which secrets to mount", show
	case len(c.NotBoolean) > 0:
		return fmt.Sprintf("%s of SecretProviderClass %s is neither true nor false", names(c.NotBoolean), name),
			"the Azure provider refuses to mount it", show
	case len(c.Modes) == 0 && use.SignsIn: // as a service principal
	case len(c.Modes) == 0:
		return fmt.Sprintf("SecretProviderClass %s has no way to sign in", name),
			`none of useVMManagedIdentity, useAzureTokenProxy, usePodIdentity and clientID is set, and the volume has no nodePublishSecretRef; ` +
				`Service Connector uses useVMManagedIdentity: "true"`, show
	case len(c.Modes) > 1 && (len(c.Modes) > 2 || !slices.Contains(c.Modes, "clientID")):
		return fmt.Sprintf("SecretProviderClass %s has several ways to sign in: %s", name, names(c.Modes)),
			"the Azure provider accepts only one", show
	}
	return "", "", check.Fix{}
}

// enableCSI is the fix for a cluster without the add-on.
func enableCSI() check.Fix {
	return azure("enable the add-on", ofCluster("enable-addons", "--addons", "azure-keyvault-secrets-provider"))
}
