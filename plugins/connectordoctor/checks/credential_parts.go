package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// part is what differs between a token and a credential, and the code with which Entra ID refuses it
// (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
type part struct{ name, difference, code string }

// closest returns the credential that differs from the token in one part only, and in which; nil: there is none.
func (t token) closest(all []facts.CredentialInAzure) (*facts.CredentialInAzure, part) {
	for i, c := range all {
		issuer, subject, aud := c.Issuer == t.issuer, c.Subject == t.subject, slices.Contains(c.Audiences, t.audience)
		switch {
		case subject && aud:
			return &all[i], part{"issuer", differ(c.Issuer, t.issuer), "AADSTS700211"}
		case issuer && aud && strings.HasPrefix(strings.ToLower(c.Subject), "system:serviceaccount:"):
			return &all[i], part{"subject", differ(c.Subject, t.subject), "AADSTS700213"}
		case issuer && subject:
			return &all[i], part{"audience", differ(strings.Join(c.Audiences, ", "), t.audience), "AADSTS700212"}
		}
	}
	return nil, part{}
}

// differ tells how the text of a credential differs from that of tokens.
func differ(has, token string) string {
	switch {
	case has+"/" == token:
		return "it lacks the slash at the end of " + token
	case has == token+"/":
		return "it has a slash at its end, and the tokens' has none: " + token
	case strings.EqualFold(has, token):
		return fmt.Sprintf("upper and lower case differ: it has %s, the tokens %s", has, token)
	}
	return fmt.Sprintf("it has %s, the tokens %s", has, token)
}

// subjects returns the subjects of the tokens with which pods sign in as the connection's identity: of the ServiceAccounts of the workloads
// that use it and are annotated with its client ID; where there is none, of that which Service Connector creates.
func subjects(p *check.Pass, l linked) ([]string, error) {
	consumers, err := facts.Consumers.Get(p)
	if err != nil {
		return nil, err
	}
	accounts, err := facts.ServiceAccounts.Get(p)
	if err != nil {
		return nil, err
	}
	var all []string
	add := func(account string) {
		if s := "system:serviceaccount:" + l.Namespace + ":" + account; !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	for _, c := range consumers.Items {
		name := c.Template.ServiceAccount
		if account, ok := accounts.Get(name); ok && account.Client == l.here[0].Client {
			add(name)
		}
	}
	if len(all) == 0 && len(consumers.Items) == 0 {
		add("sc-account-" + l.here[0].Client)
	}
	return all, nil
}

// byProxy reports whether a pod that uses the connection signs in by an identity binding.
func byProxy(p *check.Pass) bool {
	pods, err := facts.ConsumerPods.Get(p)
	return err == nil && slices.ContainsFunc(pods.Alive(), func(pod facts.ConsumerPod) bool {
		return slices.ContainsFunc(pod.Use.Containers, func(c facts.ContainerIdentity) bool { return slices.Contains(c.Env, facts.TokenProxy) })
	})
}

// audience returns that of the pods' tokens for Entra ID; that of the public cloud where no pod has one.
func audience(p *check.Pass) string {
	const prefix = "api://AzureADTokenExchange"
	if pods, err := facts.ConsumerPods.Get(p); err == nil {
		for _, pod := range pods.Alive() {
			for _, a := range pod.Use.Audiences {
				if strings.HasPrefix(a, prefix) {
					return a
				}
			}
		}
	}
	return prefix
}

// credentialName returns a name for a federated credential of the subject: letters, digits, hyphens and underscores, at most 120.
func credentialName(subject string) string {
	name := strings.Map(func(r rune) rune {
		if r == ':' || r == '.' {
			return '-'
		}
		return r
	}, strings.TrimPrefix(subject, "system:serviceaccount:"))
	return name[:min(len(name), 120)]
}
