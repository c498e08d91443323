package server

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// Metadata serves what the Instance Metadata Service gives machines at 169.254.169.254: tokens of the identities that are assigned to
// their scale set (https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token).
func (s *Server) Metadata() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metadata/identity/oauth2/token", func(w http.ResponseWriter, r *http.Request) {
		deny := func(text string) {
			write(w, http.StatusBadRequest, map[string]any{"error": "invalid_request", "error_description": text})
		}
		resource, client := r.FormValue("resource"), r.FormValue("client_id")
		switch {
		case r.Header.Get("Metadata") != "true":
			deny("Required metadata header not specified")
			return
		case r.Header.Get("X-Forwarded-For") != "" || resource == "":
			deny("Invalid request")
			return
		}
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		assigned := s.identitiesAt(host)
		if client == "" && len(assigned) > 1 {
			deny("Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request")
			return
		}
		for _, id := range assigned {
			o, err := s.Store.Get(id)
			if err != nil || client != "" && !strings.EqualFold(text(properties(o)["clientId"]), client) {
				continue
			}
			identity, _ := s.federation.Identity(text(properties(o)["clientId"]))
			token, expires, err := s.Directory.Managed(identity, resource)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			write(w, http.StatusOK, map[string]any{
				"access_token": token, "client_id": identity.ClientID, "resource": resource, "token_type": "Bearer",
				"expires_on": fmt.Sprint(expires.Unix()), "expires_in": fmt.Sprint(int(time.Until(expires).Seconds())),
			})
			return
		}
		deny("Identity not found")
	})
	return mux
}

// identitiesAt returns the IDs of the identities of the scale set of the machine with the address.
func (s *Server) identitiesAt(address string) (ids []string) {
	at, err := netip.ParseAddr(address)
	if err != nil {
		return nil
	}
	set, _, found := strings.Cut(s.privateAddresses()[at.Unmap()], "/virtualMachines/")
	if !found {
		return nil
	}
	o, err := s.Store.Get(set)
	if err != nil {
		return nil
	}
	for id := range userAssigned(o) {
		ids = append(ids, id)
	}
	return ids
}
