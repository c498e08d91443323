package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// A machine gets tokens of the identities of its scale set only, from which a PUT takes one by null.
func TestMetadata(t *testing.T) {
	a := connectable(t, "Reader")
	a.Federate(issuerURL, "")
	scaleSet, other := nodeGroup+"/providers/"+scaleSets+"/"+cluster.ScaleSet, identityID+"-2"
	if err := a.Seed(other, store.Object{"properties": store.Object{"clientId": "c2", "principalId": "p2"}}); err != nil {
		t.Fatal(err)
	}
	assign := func(users store.Object) {
		t.Helper()
		o, err := a.Store.Get(scaleSet)
		if err != nil {
			t.Fatal(err)
		}
		o["identity"] = store.Object{"type": "UserAssigned", "userAssignedIdentities": users}
		if _, _, f := a.Write(t.Context(), scaleSet, scaleSets, o, ""); f != nil {
			t.Fatalf("%+v", f)
		}
	}
	ask := func(query, from string) string {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, "/metadata/identity/oauth2/token?resource=https://vault.azure.net"+query, nil)
		r.RemoteAddr = from + ":1"
		r.Header.Set("Metadata", "true")
		w := httptest.NewRecorder()
		a.Metadata().ServeHTTP(w, r)
		return w.Body.String()
	}
	node := cluster.Nodes[0].IP
	says := func(want, got string) {
		t.Helper()
		if !strings.Contains(got, want) {
			t.Errorf("%s, not %q", got, want)
		}
	}
	says("Identity not found", ask("", node))
	assign(store.Object{identityID: store.Object{}})
	says(`"client_id":"`+clientID, ask("", node))
	says(`"client_id":"`+clientID, ask("&client_id="+clientID, node))
	says("Identity not found", ask("&client_id=c2", node))
	says("Identity not found", ask("", "10.99.0.1"))
	assign(store.Object{other: store.Object{}})
	says("Multiple user assigned identities exist", ask("", node))
	says(`"client_id":"c2`, ask("&client_id=c2", node))
	assign(store.Object{identityID: nil})
	says("Identity not found", ask("&client_id="+clientID, node))
	says(`"client_id":"c2`, ask("", node))
}
