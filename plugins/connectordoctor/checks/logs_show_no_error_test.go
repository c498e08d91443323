package checks

import (
	"testing"

	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

func TestLoggedError(t *testing.T) {
	const unavailable = "WARN com.azure.identity.DefaultAzureCredential - EnvironmentCredential authentication unavailable. " +
		"Environment variables are not fully configured."
	const refused = "ERROR AADSTS700016: Application with identifier 'x' was not found in the directory 'Lab'."
	const password = `FATAL: password authentication failed for user "shop"`
	for _, c := range []struct {
		lines []string
		want  bool
	}{
		{[]string{unavailable}, true},
		{[]string{unavailable, "INFO DefaultAzureCredential - Attempted credential WorkloadIdentityCredential returns a token"}, false},
		{[]string{unavailable, "Azure.Identity DefaultAzureCredential acquired a token from WorkloadIdentityCredential"}, false},
		{[]string{"got a token", refused}, true},
		{[]string{refused, "retrying"}, true},
		{[]string{refused, "a", "b", "c"}, false}, // it went on
		{[]string{password, "connected to redis", password}, true},
		{[]string{password, "app is not reconnected to the database"}, true},
		{[]string{password, "connected to redis:6379"}, true},
		{[]string{password, "reconnected"}, false},
		{[]string{refused, "got a token for storage", "ManagedIdentityCredential authentication failed"}, true},
		{[]string{"listening"}, false},
	} {
		if f, got := loggedError(facts.LogTail{Pod: "web", Container: "web", Lines: c.lines}, "shop"); got != c.want {
			t.Errorf("%v: %q", c.lines, f.Summary)
		}
	}
}
