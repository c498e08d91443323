package errtext

import (
	"slices"
	"strings"
	"testing"
)

func TestEntraCode(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"AADSTS9999999: something new", "https://login.microsoftonline.com/error?code=9999999"},
		{"error (AADSTS135011) and then AADSTS1", "https://login.microsoftonline.com/error?code=135011"},
		{"AADSTS codes are listed, AADSTS5099999: one", "https://login.microsoftonline.com/error?code=5099999"},
		{"AADSTS" + strings.Repeat("1", 99), "https://login.microsoftonline.com/error?code=NUMBER"},
	} {
		if e := Explain(c.text); e.Class != Identity || !slices.Contains(e.Next, c.want) {
			t.Errorf("%q: %+v", c.text, e)
		}
	}
}

// TestEntraCodesAreWhole holds that a number is not taken for another one that it begins with, with or without a colon after it.
func TestEntraCodesAreWhole(t *testing.T) {
	for _, c := range []struct{ text, not string }{
		{"AADSTS7000222: the keys are expired", "scope"},
		{"(AADSTS7000222)", "scope"},
		{"AADSTS530035 Access has been blocked by security defaults", "tenant's administrator for the policy's name"},
		{"AADSTS500011: The resource principal", "return to"},
	} {
		if e := Explain(c.text); !e.Known() || strings.Contains(e.Meaning+strings.Join(e.Next, " "), c.not) {
			t.Errorf("%q: %+v", c.text, e)
		}
	}
}

// TestSpecificReplacesGeneral holds that of several explanations of one class, one that says more than that something failed is kept.
func TestSpecificReplacesGeneral(t *testing.T) {
	all := ExplainAll(`DefaultAzureCredential failed to retrieve a token from the included credentials.
Attempted credentials:
	EnvironmentCredential: EnvironmentCredential authentication unavailable. Environment variables are not fully configured.
	WorkloadIdentityCredential: AADSTS700016: Application with identifier 'x' was not found in the directory
	AzureCliCredential: Azure CLI not found on path`)
	if len(all) != 1 || !strings.Contains(all[0].Meaning, "does not know the application") {
		t.Errorf("%+v", all)
	}
}
