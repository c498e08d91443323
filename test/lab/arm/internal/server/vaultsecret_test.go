package server

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/akstools/akstools/test/lab/arm/internal/entra"
	"github.com/akstools/akstools/test/lab/arm/internal/rbac"
	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// A vault looks at the token, at its firewall, at its policies or roles, and then at the secret.
func TestVaultSecret(t *testing.T) {
	a := connectable(t, "Reader")
	const group = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/lab"
	vault := group + "/providers/Microsoft.KeyVault/vaults/shop-vault"
	policy := store.Object{"objectId": objectID, "permissions": store.Object{"secrets": []any{"Get"}}}
	is := func(properties store.Object) {
		t.Helper()
		if err := a.Seed(vault, store.Object{"location": "eastus", "properties": properties}); err != nil {
			t.Fatal(err)
		}
	}
	token := func(audience string) string {
		t.Helper()
		token, _, err := a.Directory.Managed(entra.Identity{Principal: entra.Principal{ClientID: clientID, ObjectID: objectID}}, audience)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	answer := func(path, token string, headers ...string) string {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, "/vault"+path, nil)
		r.Header.Set("Authorization", "Bearer "+token)
		for _, h := range headers {
			r.Header.Set(h, "true")
		}
		w := httptest.NewRecorder()
		a.Control().ServeHTTP(w, r)
		var body struct {
			Value string
			Error struct {
				Code  string
				Inner struct{ Code string } `json:"innererror"`
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatal(err, w.Body)
		}
		return body.Value + strings.TrimSuffix(body.Error.Code+"/"+body.Error.Inner.Code, "/")
	}
	good := token(vaultAudience)
	is(store.Object{"accessPolicies": []any{}})
	for _, secret := range []string{"password", "disabled"} {
		if err := a.Seed(vault+"/secrets/"+secret, store.Object{"properties": store.Object{
			"value": "v", "attributes": store.Object{"enabled": secret != "disabled"},
		}}); err != nil {
			t.Fatal(err)
		}
	}
	check := func(want, got string) {
		t.Helper()
		if got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	check("Unauthorized", answer(vault+"/secrets/password/", "x", RefusedHeader))
	check("Unauthorized", answer(vault+"/secrets/password/", token("https://management.azure.com")))
	check("Forbidden/ForbiddenByFirewall", answer(vault+"/secrets/password/", good, RefusedHeader))
	check("Forbidden/AccessDenied", answer(vault+"/secrets/none/", good))
	is(store.Object{"accessPolicies": []any{policy}})
	check("SecretNotFound", answer(vault+"/secrets/none/", good))
	check("Forbidden/SecretDisabled", answer(vault+"/secrets/disabled/", good))
	check("v", answer(vault+"/secrets/password/", good))
	is(store.Object{"accessPolicies": []any{policy}, "enableRbacAuthorization": true})
	check("Forbidden/ForbiddenByRbac", answer(vault+"/secrets/password", good))
	rules := a.Rules()
	rules.Assignments = append(rules.Assignments, rbac.Assignment{Principal: objectID, Role: "Key Vault Secrets User", Scope: vault})
	a.SetRules(rules)
	check("v", answer(vault+"/secrets/password", good))
	check("NotFound", answer(group+"/providers/Microsoft.KeyVault/vaults/none/secrets/x", good))
}
