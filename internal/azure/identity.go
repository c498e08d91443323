package azure

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"
)

const identityType = "Microsoft.ManagedIdentity/userAssignedIdentities"

// Identity is a user-assigned managed identity.
type Identity struct {
	ID        string `json:"id"`
	Client    string `json:"client"`    // its client ID, in lower case
	Principal string `json:"principal"` // the object ID of its service principal
	Tenant    string `json:"tenant,omitempty"`
}

// Credential is a federated credential of an identity: tokens of the issuer with the subject and the audience sign in as the identity.
type Credential struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Issuer    string    `json:"issuer"`
	Subject   string    `json:"subject"`
	Audiences []string  `json:"audiences"`
	Created   time.Time `json:"created,omitzero"` // zero: unknown
}

// guid is the form of client IDs, object IDs and subscription IDs.
var guid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func checkGUID(id string) error {
	if !guid.MatchString(id) {
		return &Error{Reason: Refused, Text: fmt.Sprintf("%.100q is not a GUID", id)}
	}
	return nil
}

// IdentityOf returns the identity with the client ID, from a list of those in the subscription; nil: it has none
// (https://learn.microsoft.com/rest/api/managedidentity/user-assigned-identities/list-by-subscription).
func IdentityOf(ctx context.Context, c *Client, subscription, client string) (*Identity, error) {
	for _, id := range []string{subscription, client} {
		if err := checkGUID(id); err != nil {
			return nil, err
		}
	}
	all, err := list[struct {
		ID         string `json:"id"`
		Properties struct {
			ClientID    string `json:"clientId"`
			PrincipalID string `json:"principalId"`
			TenantID    string `json:"tenantId"`
		} `json:"properties"`
	}](ctx, c.in(subscription), "/subscriptions/"+subscription+"/providers/"+identityType, identityVersion)
	if err != nil {
		return nil, err
	}
	for _, i := range all {
		if p := i.Properties; strings.EqualFold(p.ClientID, client) {
			return &Identity{ID: i.ID, Client: strings.ToLower(p.ClientID), Principal: p.PrincipalID, Tenant: p.TenantID}, nil
		}
	}
	return nil, nil
}

// Credentials returns the federated credentials of the identity
// (https://learn.microsoft.com/rest/api/managedidentity/federated-identity-credentials/list).
func Credentials(ctx context.Context, c *Client, identity string) ([]Credential, error) {
	if err := checkID(identity, identityType); err != nil {
		return nil, err
	}
	raw, err := list[struct {
		ID         string `json:"id"`
		Name       string `json:"name"`
		SystemData struct {
			CreatedAt time.Time `json:"createdAt"`
		} `json:"systemData"`
		Properties struct {
			Issuer    string   `json:"issuer"`
			Subject   string   `json:"subject"`
			Audiences []string `json:"audiences"`
		} `json:"properties"`
	}](ctx, c, identity+"/federatedIdentityCredentials", identityVersion)
	if err != nil {
		return nil, err
	}
	all := make([]Credential, len(raw))
	for i, r := range raw {
		p := r.Properties
		all[i] = Credential{
			ID: r.ID, Name: r.Name, Issuer: p.Issuer, Subject: p.Subject, Audiences: p.Audiences, Created: r.SystemData.CreatedAt.UTC(),
		}
	}
	return all, nil
}
