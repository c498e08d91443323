package checks

import "testing"

func TestOfVault(t *testing.T) {
	const mount, at = "failed to mount objects, error: failed to get ", "https://shop-vault.vault.azure.net/secrets/pasword/"
	for message, want := range map[string]string{
		mount + "objectType:secret, objectName:pasword, objectVersion:: GET " + at: " (secret pasword of shop-vault.vault.azure.net)",
		mount + "objectType:cert, objectName:tls, objectVersion:: 404":             " (certificate tls)",
		`Get "https://shop-valt.vault.azure.net/secrets": no such host`:            " (a request to shop-valt.vault.azure.net)",
		"keyvaultName is not provided":                                             "",
	} {
		if got := ofVault(message); got != want {
			t.Errorf("%q of %q", got, message)
		}
	}
}
