package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// TokenIsTried finds containers whose environment keeps DefaultAzureCredential from the token.
var TokenIsTried = &check.Check{
	Code: "CON0511",
	Name: "token-is-tried",
	Hop:  hopIdentity,
	Doc: `the Azure libraries of pods that sign in as an identity try the token

DefaultAzureCredential tries one credential after the other. AZURE_TOKEN_CREDENTIALS limits it: dev to the tools of developers, and the name
of a credential to that one. A secret or certificate of a service principal in the environment comes before the token. Programs that name
WorkloadIdentityCredential themselves are not affected.`,
	Sources: []string{
		"https://learn.microsoft.com/dotnet/azure/sdk/authentication/credential-chains",
		"https://learn.microsoft.com/python/api/overview/azure/identity-readme#defaultazurecredential",
	},
	Needs: provided(facts.Consumers),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, list, ok, err := signers(p)
		if !ok {
			return nil, err
		}
		pods, err := facts.ConsumerPods.Get(p)
		if err != nil {
			return nil, err
		}
		of := pods.ByWorkload()
		var found []check.Finding
		for _, c := range list {
			for _, pod := range of[c.Ref.String()] {
				i := slices.IndexFunc(pod.Use.Containers, func(c facts.ContainerIdentity) bool { return c.Token && diverted(c) != "" })
				if i < 0 {
					continue
				}
				container := pod.Use.Containers[i]
				found = append(found, check.Finding{
					Severity: check.Warning, Target: c.Ref, Also: []check.Ref{{Kind: "pod", Namespace: c.Ref.Namespace, Name: pod.Name}},
					Summary:  fmt.Sprintf("container %s in %s might not use its token: %s", container.Name, c.Ref, diverted(container)),
					Cause:    "DefaultAzureCredential never uses the token of workload identity",
					Fixes:    []check.Fix{editing("remove the variable from the pod template", c.Ref)},
					Evidence: []check.Evidence{{Source: cmdline.Kubectl("get", c.Ref.String(), "-n", c.Ref.Namespace, "-o", "yaml")}},
				})
				break
			}
		}
		return found, nil
	},
}

// diverted returns what keeps DefaultAzureCredential from the container's token; empty: nothing does.
func diverted(c facts.ContainerIdentity) string {
	switch chain := strings.ToLower(c.Chain); {
	case chain == "dev":
		return facts.ChainVariable + " is dev, which limits the Azure libraries to the tools of developers"
	case chain == "managedidentitycredential": // Java's exchanges the token, too
		return ""
	case chain != "" && chain != "prod" && chain != "workloadidentitycredential":
		return fmt.Sprintf("%s is %s, which is the only credential that the Azure libraries try", facts.ChainVariable, c.Chain)
	case chain == "workloadidentitycredential" || c.Password == "":
		return ""
	case slices.Contains(c.Env, facts.ClientIDVariable) && slices.Contains(c.Env, facts.TenantIDVariable):
		return c.Password + " is set, and the Azure libraries try a service principal in the environment before the token"
	}
	return ""
}
