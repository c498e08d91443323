package entra

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Credential is a federated credential of an identity: the tokens of others that it accepts. Comparisons are byte for byte.
type Credential struct {
	Issuer    string
	Subject   string
	Audiences []string
	Created   time.Time
}

// Identity is a managed identity with its federated credentials.
type Identity struct {
	Principal
	Credentials []Credential
}

// Federation is what Entra ID asks others for when a token of a federated identity is exchanged.
type Federation interface {
	// Identity returns the identity with the client ID; ok is false if there is none.
	Identity(client string) (i Identity, ok bool)
	// Keys returns the public keys of an issuer by their IDs. It returns an error if the issuer does not answer.
	Keys(ctx context.Context, issuer string) (map[string]any, error)
}

const (
	// maxLifetime is how long a token of others may be valid: a day and an hour.
	maxLifetime = 25 * time.Hour
	// propagation is how long a new federated credential is not known everywhere
	// (https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations).
	propagation = 5 * time.Second
	// assertionType is the only type of assertions (https://www.rfc-editor.org/rfc/rfc7523#section-2.2).
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
)

// Exchange returns a token of the identity for the audience, in exchange for a token of a federated issuer. The errors are those of Entra
// ID for the same causes (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
func (d *Directory) Exchange(ctx context.Context, tenant, client, assertion, audience string) (string, time.Time, error) {
	refuse := func(err *Error) (string, time.Time, error) { return "", time.Time{}, err }
	if tenant != d.Tenant {
		return refuse(unknownTenant(tenant))
	}
	var identity Identity
	known := false
	if d.Federation != nil {
		identity, known = d.Federation.Identity(client)
	}
	if !known {
		return refuse(unknownApplication(client))
	}
	var claims jwt.RegisteredClaims
	if _, _, err := jwt.NewParser().ParseUnverified(assertion, &claims); err != nil {
		return refuse(&Error{50027, "invalid_request", "JWT token is invalid or malformed."})
	}
	if err := d.accepts(identity, claims); err != nil {
		return refuse(err)
	}
	if err := d.verified(ctx, assertion, claims); err != nil {
		return refuse(err)
	}
	return d.sign(identity.Principal, audience)
}

// Managed returns a token of the identity for the audience, as the metadata service of a machine gives it without a sign-in.
func (d *Directory) Managed(i Identity, audience string) (string, time.Time, error) {
	return d.sign(i.Principal, audience)
}

// accepts returns the error if no federated credential of the identity is for the token, or nil.
func (d *Directory) accepts(identity Identity, claims jwt.RegisteredClaims) *Error {
	if claims.Issuer == d.issuer() {
		return &Error{700222, "invalid_request", "AAD-issued tokens may not be used for federated identity flows."}
	}
	none := func(number int, what, value string) *Error {
		return &Error{number, "invalid_client", fmt.Sprintf(
			"No matching federated identity record found for presented assertion %s '%s'. Please check your federated identity credential "+
				"Subject, Audience and Issuer against the presented assertion. "+
				"https://docs.microsoft.com/en-us/azure/active-directory/develop/workload-identity-federation", what, value)}
	}
	matching := slices.DeleteFunc(slices.Clone(identity.Credentials), func(c Credential) bool { return c.Issuer != claims.Issuer })
	if len(matching) == 0 {
		return none(700211, "issuer", claims.Issuer)
	}
	matching = slices.DeleteFunc(matching, func(c Credential) bool { return c.Subject != claims.Subject })
	if len(matching) == 0 {
		return none(700213, "subject", claims.Subject)
	}
	matching = slices.DeleteFunc(matching, func(c Credential) bool {
		return !slices.ContainsFunc(c.Audiences, func(a string) bool { return slices.Contains(claims.Audience, a) })
	})
	if len(matching) == 0 {
		return none(700212, "audience", strings.Join(claims.Audience, ", "))
	}
	if time.Since(matching[0].Created) < propagation {
		return &Error{70021, "invalid_client", fmt.Sprintf(
			"No matching federated identity record found for presented assertion. Assertion Issuer: '%s'. Assertion Subject: '%s'. "+
				"Assertion Audience: '%s'.", claims.Issuer, claims.Subject, strings.Join(claims.Audience, ", "))}
	}
	if claims.ExpiresAt != nil && claims.IssuedAt != nil && claims.ExpiresAt.Sub(claims.IssuedAt.Time) > maxLifetime {
		return &Error{70023, "invalid_request", "External OIDC Provider token must have a lifetime of less than or equal to 1.01:00:00."}
	}
	return nil
}

// verified returns the error if the token is not one of its issuer's, or not valid now; nil if it is.
func (d *Directory) verified(ctx context.Context, assertion string, claims jwt.RegisteredClaims) *Error {
	keys, err := d.Federation.Keys(ctx, claims.Issuer)
	if err != nil {
		return &Error{90061, "server_error", "Request to External OIDC endpoint failed."}
	}
	errKey := errors.New("no such key")
	_, err = jwt.Parse(assertion, func(t *jwt.Token) (any, error) {
		id, _ := t.Header["kid"].(string)
		if key, ok := keys[id]; ok {
			return key, nil
		}
		return nil, errKey
	}, jwt.WithValidMethods([]string{"RS256", "ES256"}), jwt.WithExpirationRequired())
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errKey):
		return &Error{7000272, "invalid_client", "The signing certificate or key id was not found in the metadata of the issuer."}
	case errors.Is(err, jwt.ErrTokenExpired), errors.Is(err, jwt.ErrTokenNotValidYet), errors.Is(err, jwt.ErrTokenUsedBeforeIssued):
		return &Error{700024, "invalid_client", "Client assertion is not within its valid time range."}
	}
	return &Error{700027, "invalid_client", "Client assertion contains an invalid signature."}
}

func unknownTenant(tenant string) *Error {
	return &Error{90002, "invalid_request", fmt.Sprintf(
		"Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.", tenant)}
}

func unknownApplication(client string) *Error {
	return &Error{700016, "unauthorized_client", fmt.Sprintf(
		"Application with identifier '%s' was not found in the directory 'Lab'.", client)}
}
