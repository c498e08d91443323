package checks

import (
	"strings"
	"testing"

	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

func TestDiverted(t *testing.T) {
	all := []string{facts.ClientIDVariable, facts.TenantIDVariable}
	for name, c := range map[string]struct {
		container facts.ContainerIdentity
		want      string // part of it; empty: nothing does
	}{
		"nothing":              {facts.ContainerIdentity{Env: all}, ""},
		"developers":           {facts.ContainerIdentity{Env: all, Chain: "Dev"}, "the tools of developers"},
		"production":           {facts.ContainerIdentity{Env: all, Chain: "prod"}, ""},
		"the token":            {facts.ContainerIdentity{Env: all, Chain: "WorkloadIdentityCredential", Password: "AZURE_CLIENT_SECRET"}, ""},
		"Java's":               {facts.ContainerIdentity{Env: all, Chain: "ManagedIdentityCredential"}, ""},
		"another":              {facts.ContainerIdentity{Env: all, Chain: "AzureCliCredential"}, "is AzureCliCredential"},
		"a secret":             {facts.ContainerIdentity{Env: all, Password: "AZURE_CLIENT_SECRET"}, "AZURE_CLIENT_SECRET is set"},
		"a secret for another": {facts.ContainerIdentity{Password: "AZURE_CLIENT_SECRET"}, ""},
	} {
		if got := diverted(c.container); !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%s: %q", name, got)
		}
	}
}
