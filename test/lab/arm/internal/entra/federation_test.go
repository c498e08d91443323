package entra

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	issuer   = "https://eastus.oic.prod-aks.azure.com/tenant/cluster/"
	subject  = "system:serviceaccount:shop:web"
	exchange = "api://AzureADTokenExchange"
	client   = "11111111-2222-3333-4444-555555555555"
)

// cluster is an issuer with one key, and an identity that trusts it.
type cluster struct {
	credentials []Credential
	keys        map[string]any
	down        bool
}

func (c cluster) Identity(id string) (Identity, bool) {
	return Identity{Principal{Name: "id-shop", ClientID: client, ObjectID: "object"}, c.credentials}, id == client
}

func (c cluster) Keys(_ context.Context, of string) (map[string]any, error) {
	if c.down || of != issuer {
		return nil, errors.New("no answer")
	}
	return c.keys, nil
}

// Each difference between token and credential has the number that Entra ID gives for it.
func TestExchange(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	d, err := New("tenant")
	if err != nil {
		t.Fatal(err)
	}
	type token struct {
		issuer, subject, audience, kid string
		issued, expires                time.Duration // from now
		key                            *rsa.PrivateKey
	}
	good := token{issuer, subject, exchange, "k1", -time.Minute, time.Hour, key}
	with := func(set func(*token)) token {
		changed := good
		set(&changed)
		return changed
	}
	old := Credential{issuer, subject, []string{exchange}, time.Now().Add(-time.Hour)}
	fresh := old
	fresh.Created = time.Now()
	for name, c := range map[string]struct {
		token      token
		credential Credential
		down       bool
		want       int
	}{
		"all match":                 {good, old, false, 0},
		"slash missing in issuer":   {good, Credential{issuer[:len(issuer)-1], subject, []string{exchange}, old.Created}, false, 700211},
		"another subject":           {good, Credential{issuer, subject + "2", []string{exchange}, old.Created}, false, 700213},
		"subject in another case":   {good, Credential{issuer, "system:serviceaccount:Shop:web", []string{exchange}, old.Created}, false, 700213},
		"another audience":          {with(func(t *token) { t.audience = "https://kubernetes.default.svc" }), old, false, 700212},
		"audience of another cloud": {good, Credential{issuer, subject, []string{exchange + "China"}, old.Created}, false, 700212},
		"young credential":          {good, fresh, false, 70021},
		"valid for two days":        {with(func(t *token) { t.expires = 48 * time.Hour }), old, false, 70023},
		"expired":                   {with(func(t *token) { t.issued, t.expires = -2*time.Hour, -time.Hour }), old, false, 700024},
		"signed by another key":     {with(func(t *token) { t.key = other }), old, false, 700027},
		"rotated key":               {with(func(t *token) { t.kid = "k0" }), old, false, 7000272},
		"issuer does not answer":    {good, old, true, 90061},
		"token of Entra ID itself":  {with(func(t *token) { t.issuer = d.issuer() }), old, false, 700222},
	} {
		d.Federation = cluster{[]Credential{c.credential}, map[string]any{"k1": &key.PublicKey}, c.down}
		claims := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.RegisteredClaims{
			Issuer: c.token.issuer, Subject: c.token.subject, Audience: jwt.ClaimStrings{c.token.audience},
			IssuedAt: jwt.NewNumericDate(time.Now().Add(c.token.issued)), ExpiresAt: jwt.NewNumericDate(time.Now().Add(c.token.expires)),
		})
		claims.Header["kid"] = c.token.kid
		assertion, err := claims.SignedString(c.token.key)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := d.Exchange(t.Context(), "tenant", client, assertion, "https://vault.azure.net")
		var refused *Error
		switch {
		case c.want == 0:
			verified, failed := d.Verify(got, "https://vault.azure.net")
			if err != nil || failed != nil || verified.ObjectID != "object" {
				t.Errorf("%s: %v %v %+v", name, err, failed, verified)
			}
		case !errors.As(err, &refused) || refused.Number != c.want:
			t.Errorf("%s: %v, not AADSTS%d", name, err, c.want)
		}
	}
	for name, number := range map[string]int{"no token": 50027, "a.b.c": 50027} {
		_, _, err := d.Exchange(t.Context(), "tenant", client, name, "x")
		var refused *Error
		if !errors.As(err, &refused) || refused.Number != number {
			t.Errorf("%s: %v", name, err)
		}
	}
}
