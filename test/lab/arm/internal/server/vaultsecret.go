package server

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/akstools/akstools/test/lab/arm/internal/entra"
	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

const (
	// vaultAudience is that of tokens for key vaults.
	vaultAudience = "https://vault.azure.net"
	getSecret     = "Microsoft.KeyVault/vaults/secrets/getSecret/action"
	// ClientHeader is the address from which a vault sees its client, and RefusedHeader is set if its firewall does not allow it.
	ClientHeader  = "X-Lab-Client"
	RefusedHeader = "X-Lab-Refused"
)

// vaultSecret answers the request of a client of a key vault for a secret, at /vault and the resource's ID. What it checks, and in which
// order, is as https://learn.microsoft.com/azure/key-vault/general/rest-error-codes says.
func (s *Server) vaultSecret(w http.ResponseWriter, r *http.Request) {
	id, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/vault"), "/secrets/")
	name, _, _ := strings.Cut(rest, "/") // there is one version of each
	vault, err := s.Store.Get(id)
	if err != nil || name == "" {
		refuse(w, http.StatusNotFound, "NotFound", "", "Resource not found.")
		return
	}
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	claims, err := s.Directory.Verify(token, vaultAudience, vaultAudience+"/")
	if err != nil {
		refuse(w, http.StatusUnauthorized, "Unauthorized", "", "AKV10032: Invalid issuer, audience or token: "+err.Error())
		return
	}
	caller := fmt.Sprintf("appid=%s;oid=%s;iss=%s", claims.AppID, claims.ObjectID, claims.Issuer)
	at := fmt.Sprintf("%s;location=%s", text(vault["name"]), text(vault["location"]))
	if r.Header.Get(RefusedHeader) != "" {
		refuse(w, http.StatusForbidden, "Forbidden", "ForbiddenByFirewall", fmt.Sprintf(
			"Client address is not authorized and caller is not a trusted service.\r\nClient address: %s\r\nCaller: %s\r\nVault: %s",
			r.Header.Get(ClientHeader), caller, at))
		return
	}
	if code, message := s.admits(vault, claims, id+"/secrets/"+name, caller, at); code != "" {
		refuse(w, http.StatusForbidden, "Forbidden", code, message)
		return
	}
	secret, err := s.Store.Get(id + "/secrets/" + name)
	if err != nil {
		refuse(w, http.StatusNotFound, "SecretNotFound", "", fmt.Sprintf(
			"A secret with (name/id) %s was not found in this key vault. If you recently deleted this secret you may be able to recover it using "+
				"the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182", name))
		return
	}
	p := properties(secret)
	attributes, _ := p["attributes"].(store.Object)
	if enabled, known := attributes["enabled"].(bool); known && !enabled {
		refuse(w, http.StatusForbidden, "Forbidden", "SecretDisabled", "Operation get is not allowed on a disabled secret.")
		return
	}
	write(w, http.StatusOK, map[string]any{
		"value": text(p["value"]), "attributes": map[string]any{"enabled": true},
		"id": fmt.Sprintf("https://%s.vault.azure.net/secrets/%s/0123456789abcdef0123456789abcdef", strings.ToLower(text(vault["name"])), name),
	})
}

// admits returns the code and the message with which the vault denies the secret to the principal; empty: it admits it.
func (s *Server) admits(vault store.Object, claims entra.Claims, secret, caller, at string) (code, message string) {
	p := properties(vault)
	if roles, _ := p["enableRbacAuthorization"].(bool); roles {
		if s.Rules().DecideData(claims.ObjectID, getSecret, secret) {
			return "", ""
		}
		return "ForbiddenByRbac", fmt.Sprintf("Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments "+
			"or role definitions were changed recently, please observe propagation time.\r\nCaller: %s\r\nAction: '%s'\r\nResource: '%s'\r\n"+
			"Assignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: null \r\nVault: %s\r\n", caller, getSecret, secret, at)
	}
	policies, _ := p["accessPolicies"].([]any)
	if slices.ContainsFunc(policies, func(one any) bool {
		policy, _ := one.(store.Object)
		permissions, _ := policy["permissions"].(store.Object)
		secrets, _ := permissions["secrets"].([]any)
		return strings.EqualFold(text(policy["objectId"]), claims.ObjectID) && slices.ContainsFunc(secrets, func(p any) bool {
			return strings.EqualFold(text(p), "get") || strings.EqualFold(text(p), "all")
		})
	}) {
		return "", ""
	}
	caller = strings.Replace(caller, ";iss", ";numgroups=1;iss", 1)
	return "AccessDenied", fmt.Sprintf("The user, group or application '%s' does not have secrets get permission on key vault '%s'. "+
		"For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287", caller, at)
}

// refuse answers with an error as key vaults do; inner may be empty.
func refuse(w http.ResponseWriter, status int, code, inner, message string) {
	e := map[string]any{"code": code, "message": message}
	if inner != "" {
		e["innererror"] = map[string]any{"code": inner}
	}
	write(w, status, map[string]any{"error": e})
}
