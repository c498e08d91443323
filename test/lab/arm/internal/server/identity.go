package server

import (
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

const (
	identities  = "Microsoft.ManagedIdentity/userAssignedIdentities"
	credentials = identities + "/federatedIdentityCredentials"
	// maxCredentials is how many federated credentials an identity can have
	// (https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations).
	maxCredentials = 20
)

// assignIdentity gives a new identity its client ID and its principal, which it keeps.
func (s *Server) assignIdentity(properties, before store.Object) {
	was, _ := before["properties"].(store.Object)
	for _, name := range []string{"clientId", "principalId"} {
		switch {
		case properties[name] != nil:
		case was[name] != nil:
			properties[name] = was[name]
		default:
			properties[name] = uuid.NewString()
		}
	}
	properties["tenantId"] = s.Directory.Tenant
}

// checkCredential returns the failure for a federated credential that the identity cannot have, or nil.
func (s *Server) checkCredential(id string, properties, before store.Object) *failure {
	identity, _, _ := strings.Cut(id, "/federatedIdentityCredentials/")
	all, _ := s.Store.List(identity, credentials)
	for _, o := range all {
		other, _ := o["properties"].(store.Object)
		if otherID, _ := o["id"].(string); !strings.EqualFold(otherID, id) && other["issuer"] == properties["issuer"] &&
			other["subject"] == properties["subject"] {
			return fail(http.StatusConflict, "Conflict", "Issuer and subject combination already exists for this Managed Identity.")
		}
	}
	if before == nil && len(all) >= maxCredentials {
		return fail(http.StatusBadRequest, "BadRequest", "Too many Federated Identity Credentials for Managed Identity: the limit is %d.",
			maxCredentials)
	}
	if before == nil {
		s.federation.created(id)
	}
	return nil
}
