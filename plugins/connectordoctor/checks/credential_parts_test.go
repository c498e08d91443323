package checks

import (
	"strings"
	"testing"

	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// TestClosest holds which credential is named for a token that none fits, and by which part.
func TestClosest(t *testing.T) {
	want := token{issuer: "https://oidc.example/a/", subject: "system:serviceaccount:shop:web", audience: "api://AzureADTokenExchange"}
	right := facts.CredentialInAzure{Name: "x", Issuer: want.issuer, Subject: want.subject, Audiences: []string{"other", want.audience}}
	change := func(f func(*facts.CredentialInAzure)) facts.CredentialInAzure {
		c := right
		f(&c)
		return c
	}
	if !want.matches(right) {
		t.Error("one of its audiences is enough")
	}
	for name, test := range map[string]struct {
		credential facts.CredentialInAzure
		part, code string
		difference string
	}{
		"no slash": {
			change(func(c *facts.CredentialInAzure) { c.Issuer = "https://oidc.example/a" }), "issuer", "AADSTS700211", "lacks the slash",
		},
		"a slash too many": {
			change(func(c *facts.CredentialInAzure) { c.Issuer += "/" }), "issuer", "AADSTS700211", "has a slash at its end",
		},
		"case": {
			change(func(c *facts.CredentialInAzure) { c.Subject = "system:serviceaccount:Shop:web" }), "subject", "AADSTS700213",
			"upper and lower case",
		},
		"account": {
			change(func(c *facts.CredentialInAzure) { c.Subject += "2" }), "subject", "AADSTS700213", "the tokens system:serviceaccount:shop:web",
		},
		"audience": {change(func(c *facts.CredentialInAzure) { c.Audiences = nil }), "audience", "AADSTS700212", "AzureADTokenExchange"},
		"of a pipeline": {
			change(func(c *facts.CredentialInAzure) { c.Issuer, c.Subject = "https://ci.example", "repo:a/b" }), "", "", "",
		},
		"subject of a pipeline": {change(func(c *facts.CredentialInAzure) { c.Subject = "repo:a/b" }), "", "", ""},
	} {
		near, part := want.closest([]facts.CredentialInAzure{test.credential})
		if (near == nil) != (test.part == "") || part.name != test.part || part.code != test.code ||
			!strings.Contains(part.difference, test.difference) || want.matches(test.credential) {
			t.Errorf("%s: %+v", name, part)
		}
	}
}

// TestInnermost holds what is quoted of the error of an extension.
func TestInnermost(t *testing.T) {
	for message, want := range map[string]string{
		"Error: [ InnerError: [Helm failed : x : InnerError [job failed: DeadlineExceeded]]] occurred": "job failed: DeadlineExceeded",
		"no envelope":         "no envelope",
		"empty InnerError []": "empty InnerError []",
		"open InnerError [a":  "a",
	} {
		if got := innermost(message); got != want {
			t.Errorf("%q: %q", message, got)
		}
	}
}

// TestCredentialName holds that the name of a federated credential is one that Azure takes.
func TestCredentialName(t *testing.T) {
	if got := credentialName("system:serviceaccount:shop:sc-account-1.2"); got != "shop-sc-account-1-2" {
		t.Error(got)
	}
	if got := credentialName("system:serviceaccount:shop:" + strings.Repeat("a", 200)); len(got) != 120 {
		t.Error(len(got))
	}
}
