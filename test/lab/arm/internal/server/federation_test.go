package server

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/akstools/akstools/test/lab/arm/internal/entra"
	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

const issuerURL = "https://eastus.oic.prod-aks.azure.com/t/c/"

// issue returns a token of the ServiceAccount, as a cluster with the issuer and the key signs it.
func issue(t *testing.T, key *rsa.PrivateKey, subject string) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	id := sha256.Sum256(der)
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.RegisteredClaims{
		Issuer: issuerURL, Subject: subject, Audience: jwt.ClaimStrings{"api://AzureADTokenExchange"},
		IssuedAt: jwt.NewNumericDate(time.Now()), ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Hour)),
	})
	token.Header["kid"] = base64.RawURLEncoding.EncodeToString(id[:])
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// An identity signs in by its resources: with its federated credential, once it is some seconds old, and with the issuer's present key.
func TestFederation(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "sa.pub")
	publish := func(key *rsa.PrivateKey) {
		der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	publish(key)
	a := connectable(t, "Reader")
	a.Federate(issuerURL, path)
	const subject = "system:serviceaccount:shop:web"
	exchange := func() int {
		t.Helper()
		token, _, err := a.Directory.Exchange(t.Context(), a.Directory.Tenant, clientID, issue(t, key, subject), "https://vault.azure.net")
		var refused *entra.Error
		if errors.As(err, &refused) {
			return refused.Number
		}
		claims, err := a.Directory.Verify(token, "https://vault.azure.net")
		if err != nil || claims.ObjectID != objectID {
			t.Fatalf("%v %+v", err, claims)
		}
		return 0
	}
	credential := func(subject string) {
		t.Helper()
		if err := a.Seed(identityID+"/federatedIdentityCredentials/web", store.Object{"properties": store.Object{
			"issuer": issuerURL, "subject": subject, "audiences": []any{"api://AzureADTokenExchange"},
		}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		name string
		do   func()
		want int
	}{
		{"no credential", func() {}, 700211},
		{"for another ServiceAccount", func() { credential("system:serviceaccount:shop:other") }, 700213},
		{"young", func() { credential(subject); a.federation.created(identityID + "/federatedIdentityCredentials/web") }, 70021},
		{"old", func() { clear(a.federation.since) }, 0},
		{"keys of another cluster", func() {
			other, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				t.Fatal(err)
			}
			publish(other)
		}, 7000272},
		{"issuer is gone", func() { _ = os.Remove(path) }, 90061},
	} {
		step.do()
		if got := exchange(); got != step.want {
			t.Errorf("%s: AADSTS%d, not %d", step.name, got, step.want)
		}
	}
}
