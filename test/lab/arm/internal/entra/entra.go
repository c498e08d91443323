// Package entra is the lab's directory of principals and its token endpoint. Tokens are signed, and verified by Resource
// Manager; the errors are those that Microsoft Entra ID returns for the same causes
// (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
package entra

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// Principal is an application's service principal or a user, who has a secret, too: the lab has no other way to sign in.
type Principal struct {
	Name     string `json:"name"`
	ClientID string `json:"clientId"`
	ObjectID string `json:"objectId"`
	Secret   string `json:"secret"`
	// Address is the public address from which a user signs in; empty: it is an application, whose tokens have none.
	Address string `json:"address,omitempty"`
}

// Directory is one tenant. It is safe for concurrent use.
type Directory struct {
	Tenant string
	// Lifetime is how long tokens are valid.
	Lifetime time.Duration
	// Federation is asked for federated identities; nil: there are none. It is set before the first request.
	Federation Federation

	key *rsa.PrivateKey

	mu         sync.Mutex
	principals []Principal
}

// New returns a directory of the tenant, with a signing key of its own.
func New(tenant string) (*Directory, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	return &Directory{Tenant: tenant, Lifetime: time.Hour, key: key}, err
}

// Add creates a principal of the name, with a client ID, an object ID and a secret, or returns the one that exists. From is its
// address from now on.
func (d *Directory) Add(name, from string) Principal {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, p := range d.principals {
		if p.Name == name {
			d.principals[i].Address = from
			return d.principals[i]
		}
	}
	// IDs are derived from the name, so that those of a report can be compared from run to run
	id := func(kind string) string { return uuid.NewSHA1(uuid.NameSpaceURL, []byte(kind+"/"+name)).String() }
	p := Principal{Name: name, ClientID: id("client"), ObjectID: id("object"), Secret: rand.Text(), Address: from}
	d.principals = append(d.principals, p)
	return p
}

// Remove removes the principal; its tokens stay valid until they expire, as in Azure.
func (d *Directory) Remove(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.principals = slices.DeleteFunc(d.principals, func(p Principal) bool { return p.Name == name })
}

// ClientID returns the client ID of the principal of the name, or "".
func (d *Directory) ClientID(name string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.principals {
		if p.Name == name {
			return p.ClientID
		}
	}
	return ""
}

func (d *Directory) find(client string) (Principal, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.IndexFunc(d.principals, func(p Principal) bool { return p.ClientID == client })
	if i < 0 {
		return Principal{}, false
	}
	return d.principals[i], true
}

// Claims are those of a token that Resource Manager needs.
type Claims struct {
	jwt.RegisteredClaims
	ObjectID string `json:"oid"`
	AppID    string `json:"appid"`
	TenantID string `json:"tid"`
	Address  string `json:"ipaddr,omitempty"`
}

// Error is a failed sign-in, with Entra's number for it.
type Error struct {
	Number int
	Kind   string // OAuth's error: invalid_client, invalid_request, ...
	Text   string
}

func (e *Error) Error() string { return fmt.Sprintf("AADSTS%d: %s", e.Number, e.Text) }

// Token returns a token of the client for the audience.
func (d *Directory) Token(tenant, client, secret, audience string) (string, time.Time, error) {
	if tenant != d.Tenant {
		return "", time.Time{}, unknownTenant(tenant)
	}
	p, ok := d.find(client)
	switch {
	case !ok:
		return "", time.Time{}, unknownApplication(client)
	case subtle.ConstantTimeCompare([]byte(secret), []byte(p.Secret)) != 1:
		return "", time.Time{}, &Error{7000215, "invalid_client", fmt.Sprintf(
			"Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "+
				"not the client secret ID, for a secret added to app '%s'.", client)}
	}
	return d.sign(p, audience)
}

func (d *Directory) sign(p Principal, audience string) (string, time.Time, error) {
	now := time.Now()
	expires := now.Add(d.Lifetime)
	token, err := jwt.NewWithClaims(jwt.SigningMethodRS256, Claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: d.issuer(), Audience: jwt.ClaimStrings{audience}, ExpiresAt: jwt.NewNumericDate(expires), NotBefore: jwt.NewNumericDate(now),
			Subject: p.ObjectID,
		},
		ObjectID: p.ObjectID, AppID: p.ClientID, TenantID: d.Tenant, Address: p.Address,
	}).SignedString(d.key)
	return token, expires, err
}

func (d *Directory) issuer() string { return "https://sts.windows.net/" + d.Tenant + "/" }

// ErrTenant is returned by Verify for a token of another tenant.
var ErrTenant = errors.New("the access token is from the wrong issuer")

// Verify returns the claims of a token that the directory has signed for one of the audiences and that has not expired.
// jwt.ErrTokenExpired, jwt.ErrTokenInvalidAudience and ErrTenant can be told apart with errors.Is.
func (d *Directory) Verify(token string, audiences ...string) (Claims, error) {
	var c Claims
	if _, _, err := jwt.NewParser().ParseUnverified(token, &c); err == nil && c.Issuer != d.issuer() {
		return Claims{}, ErrTenant
	}
	_, err := jwt.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return &d.key.PublicKey, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodRS256.Alg()}), jwt.WithAudience(audiences...), jwt.WithExpirationRequired())
	return c, err
}
