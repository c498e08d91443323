package redact

import (
	"strings"
	"testing"
)

func TestSecrets(t *testing.T) {
	for in, want := range map[string]string{
		"connecting to postgres://app:hunter2@db:5432/shop":   "connecting to postgres://[redacted]@db:5432/shop",
		"password=hunter2 user=app":                           "password=[redacted] user=app",
		`{"token": "abc", "user": "app"}`:                     `{"token": [redacted], "user": "app"}`,
		"Authorization: Bearer abc.def.ghi":                   "Authorization: [redacted]",
		"got bearer eyJhbGciOi.abc":                           "got bearer [redacted]",
		"AccountKey=abc==;EndpointSuffix=core.windows.net":    "AccountKey=[redacted];EndpointSuffix=core.windows.net",
		"key c4n4ryZ7Qk2v9XwB3mTfLh8RyNp5DgS6 refused":        "key [redacted] refused",
		"pod web-5d4f7658bc-qgzdb at 10.244.0.105:8945":       "pod web-5d4f7658bc-qgzdb at 10.244.0.105:8945",
		"aks-nodepool1-12345678-vmss000001 is not Ready":      "aks-nodepool1-12345678-vmss000001 is not Ready",
		"dial tcp 10.0.0.1:5432: connect: connection refused": "dial tcp 10.0.0.1:5432: connect: connection refused",
	} {
		if got := Secrets(in); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
}

func FuzzSecrets(f *testing.F) {
	f.Add("starting, ", "hunter2hunter2")
	f.Fuzz(func(t *testing.T, before, secret string) {
		if strings.ContainsAny(secret, " \t\r\n\f\v,;&\"'[]") || len(strings.Fields(secret)) != 1 ||
			strings.Contains("[redacted]", secret) || strings.Contains(before, secret) || strings.ContainsAny(before, "\"'") {
			return
		}
		for _, form := range []string{"password=", "token: ", "AccountKey="} {
			if strings.Contains(form, secret) {
				continue
			}
			if got := Secrets(before + " " + form + secret); strings.Contains(got, secret) {
				t.Errorf("%q is left in %q", secret, got)
			}
		}
	})
}
