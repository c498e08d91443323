package checks

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// propagation is how long a new federated credential may not be known everywhere
// (https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations).
const propagation = 5 * time.Minute

// CredentialMatches finds tokens of pods for which the identity has no federated credential.
var CredentialMatches = &check.Check{
	Code: "CON0509",
	Name: "credential-matches",
	Hop:  hopIdentity,
	Doc: `the identity has a federated credential for the pods' tokens

Entra ID compares issuer, subject and audience of a token with those of the identity's federated credentials, character by character: the
slash at the issuer's end and the case of the subject count. A cluster that is created again has another issuer.`,
	Sources: []string{
		"https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations",
		"https://learn.microsoft.com/azure/aks/workload-identity-overview",
	},
	After: []*check.Check{IdentityExists},
	Needs: ofAzure(facts.AzureIdentity, facts.Consumers, facts.ServiceAccounts),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		l, ok, err := known(p)
		if !ok {
			return nil, err
		}
		i, err := facts.AzureIdentity.Get(p)
		if ok, err := read(p, i.Off, err); !ok {
			return nil, err
		}
		switch {
		case i.Identity == nil:
			p.Skip("the identity does not exist")
			return nil, nil
		case l.cluster.Issuer == "":
			p.Skip("the OIDC issuer of the cluster is disabled")
			return nil, nil
		case byProxy(p):
			p.Skip("pods sign in by an identity binding, which needs no federated credential")
			return nil, nil
		case i.CredentialsError != "":
			return nil, errors.New(i.CredentialsError)
		}
		subjects, err := subjects(p, l)
		if err != nil {
			return nil, err
		}
		var found []check.Finding
		for _, s := range subjects {
			want := token{issuer: l.cluster.Issuer, subject: s, audience: audience(p)}
			at := slices.IndexFunc(i.Credentials, want.matches)
			f := check.Finding{Target: l.ref()}
			switch {
			case at < 0:
				f.Severity = check.Error
				want.explain(&f, i)
			case !i.Credentials[at].Created.IsZero() && i.At.Sub(i.Credentials[at].Created) < propagation:
				f.Severity = check.Info
				f.Summary = fmt.Sprintf("federated credential %s was created %s ago", i.Credentials[at].Name,
					i.At.Sub(i.Credentials[at].Created).Round(time.Second))
				f.Cause = "it may take some minutes until Entra ID knows it everywhere"
			default:
				continue
			}
			found = append(found, f)
		}
		return found, nil
	},
}

// token is what Entra ID compares of a pod's token.
type token struct{ issuer, subject, audience string }

func (t token) matches(c facts.CredentialInAzure) bool {
	return c.Issuer == t.issuer && c.Subject == t.subject && slices.Contains(c.Audiences, t.audience)
}

// explain tells of a token without a credential in which part the closest one differs.
func (t token) explain(f *check.Finding, i facts.IdentityInAzure) {
	name := nameOf(i.Identity.ID)
	command := func(verb, credential string) cmdline.Command {
		return id.Credential(i.Identity.ID, verb, "-n", credential, "--issuer", t.issuer, "--subject", t.subject, "--audiences", t.audience)
	}
	near, part := t.closest(i.Credentials)
	if near == nil {
		f.Summary = fmt.Sprintf("identity %s has no federated credential for %s", name, t.subject)
		f.Cause = fmt.Sprintf("it has %s for other issuers or subjects; Entra ID refuses the pods' tokens with AADSTS70021",
			counted(len(i.Credentials), "credential"))
		f.Fixes = []check.Fix{fix("create one", command("create", credentialName(t.subject)))}
		return
	}
	f.Summary = fmt.Sprintf("federated credential %s of identity %s has another %s than the pods' tokens", near.Name, name, part.name)
	f.Cause = part.difference + "; Entra ID refuses them with " + part.code
	f.Fixes = []check.Fix{
		fix("make it that of the tokens, unless others use it", command("update", near.Name)),
		fix("create another one", command("create", credentialName(t.subject))),
	}
}
