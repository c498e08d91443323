package entra

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Handler serves the token endpoint, and the documents by which clients find it, under whatever name they ask.
func (d *Directory) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /common/discovery/instance", func(w http.ResponseWriter, r *http.Request) {
		write(w, http.StatusOK, map[string]any{
			"tenant_discovery_endpoint": "https://" + r.Host + "/" + d.Tenant + "/v2.0/.well-known/openid-configuration", "api-version": "1.1",
			"metadata": []any{map[string]any{"preferred_network": r.Host, "preferred_cache": r.Host, "aliases": []string{r.Host}}},
		})
	})
	mux.HandleFunc("GET /{tenant}/v2.0/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
		if t := r.PathValue("tenant"); t != d.Tenant {
			fail(w, &Error{90002, "invalid_tenant", fmt.Sprintf("Tenant '%s' not found.", t)})
			return
		}
		base := "https://" + r.Host + "/" + d.Tenant
		write(w, http.StatusOK, map[string]any{
			"token_endpoint": base + "/oauth2/v2.0/token", "issuer": base + "/v2.0",
			"authorization_endpoint": base + "/oauth2/v2.0/authorize", "device_authorization_endpoint": base + "/oauth2/v2.0/devicecode",
			"jwks_uri": base + "/discovery/v2.0/keys",
		})
	})
	mux.HandleFunc("POST /{tenant}/oauth2/v2.0/token", d.token)
	return mux
}

func (d *Directory) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if grant := r.PostFormValue("grant_type"); grant != "client_credentials" {
		fail(w, &Error{70003, "unsupported_grant_type", fmt.Sprintf("The app requested an unsupported grant type '%s'.", grant)})
		return
	}
	first, _, _ := strings.Cut(r.PostFormValue("scope"), " ") // MSAL adds openid, offline_access and profile
	audience, ok := strings.CutSuffix(first, "/.default")
	if !ok {
		fail(w, &Error{1002012, "invalid_scope", fmt.Sprintf(
			"The provided value for scope %s is not valid. Client credential flows must have a scope value with /.default suffixed to "+
				"the resource identifier (application ID URI).", r.PostFormValue("scope"))})
		return
	}
	token, expires, err := d.grant(r, audience)
	var refused *Error
	if errors.As(err, &refused) {
		fail(w, refused)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	seconds := int(time.Until(expires).Seconds())
	write(w, http.StatusOK, map[string]any{"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token})
}

// grant returns the token for a secret, or for the token of a federated issuer.
func (d *Directory) grant(r *http.Request, audience string) (string, time.Time, error) {
	tenant, client := r.PathValue("tenant"), r.PostFormValue("client_id")
	switch assertion, kind := r.PostFormValue("client_assertion"), r.PostFormValue("client_assertion_type"); {
	case assertion != "" && kind != assertionType:
		return "", time.Time{}, &Error{90023, "invalid_request", fmt.Sprintf("Unsupported client_assertion_type '%s'.", kind)}
	case assertion != "":
		return d.Exchange(r.Context(), tenant, client, assertion, audience)
	case r.PostFormValue("client_secret") == "":
		return "", time.Time{}, &Error{
			7000218, "invalid_client", "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
		}
	}
	return d.Token(tenant, client, r.PostFormValue("client_secret"), audience)
}

func fail(w http.ResponseWriter, e *Error) {
	status := http.StatusBadRequest
	if e.Kind == "invalid_client" {
		status = http.StatusUnauthorized
	}
	now := time.Now().UTC().Format("2006-01-02 15:04:05Z")
	trace, correlation := uuid.NewString(), uuid.NewString()
	write(w, status, map[string]any{
		"error": e.Kind, "error_codes": []int{e.Number}, "timestamp": now, "trace_id": trace, "correlation_id": correlation,
		"error_description": fmt.Sprintf("%s Trace ID: %s Correlation ID: %s Timestamp: %s", e, trace, correlation, now),
	})
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
