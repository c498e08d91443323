package server

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/akstools/akstools/test/lab/arm/internal/rbac"
	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

const (
	managedID  = "/subscriptions/" + subscription + "/resourceGroups/lab/providers/Microsoft.ContainerService/managedClusters/lab"
	linkerID   = managedID + "/providers/" + linkers + "/mydb"
	extID      = managedID + "/providers/" + extensions + "/sc-extension"
	accountID  = "/subscriptions/" + subscription + "/resourceGroups/lab/providers/Microsoft.Storage/storageAccounts/data"
	identityID = "/subscriptions/" + subscription + "/resourceGroups/lab/providers/" + identities + "/shop"
	clientID   = "11111111-2222-3333-4444-555555555555"
	objectID   = "66666666-7777-8888-9999-000000000000"
)

// link creates the connection as its user does, or deletes it if there is no body, waits for the operation, and returns its error's code.
func (a azure) link(t *testing.T, body store.Object) string {
	t.Helper()
	method := http.MethodPut
	if body == nil {
		method = http.MethodDelete
	}
	resp := a.request(t, method, a.http.URL+linkerID+"?api-version=2024-04-01", body)
	poll := resp.Header.Get("Azure-AsyncOperation")
	if poll == "" {
		t.Fatalf("%s: %s", method, resp.Status)
	}
	for range 100 {
		var op struct {
			Status string                `json:"status"`
			Error  struct{ Code string } `json:"error"`
		}
		if err := json.NewDecoder(a.request(t, http.MethodGet, poll, nil).Body).Decode(&op); err != nil {
			t.Fatal(err)
		}
		if op.Status != "InProgress" {
			return op.Error.Code
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the operation does not end")
	return ""
}

func (a azure) request(t *testing.T, method, url string, body store.Object) *http.Response {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := a.Directory.Token(a.Directory.Tenant, a.reader.ClientID, a.reader.Secret, a.http.URL)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := a.http.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// connectable is Azure before a connection is created, by a user with the role.
func connectable(t *testing.T, role string) azure {
	t.Helper()
	a := start(t)
	a.SetRules(rbac.Rules{Roles: rbac.BuiltIn(), Assignments: []rbac.Assignment{
		{Principal: a.reader.ObjectID, Role: role, Scope: "/subscriptions/" + subscription},
	}})
	for id, body := range map[string]store.Object{
		accountID:  {"location": "eastus"},
		identityID: {"location": "eastus", "properties": store.Object{"clientId": clientID, "principalId": objectID}},
	} {
		if err := a.Seed(id, body); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

func linkBody() store.Object {
	return store.Object{"properties": store.Object{
		"targetService": store.Object{"type": "AzureResource", "id": accountID + "/blobServices/default"},
		"authInfo":      store.Object{"authType": "userAssignedIdentity", "clientId": clientID, "subscriptionId": subscription},
		"clientType":    "none", "scope": "shop",
	}}
}

func (a azure) stateOf(t *testing.T, id string) string {
	t.Helper()
	o, err := a.Store.Get(id)
	if err != nil {
		return err.Error()
	}
	return text(properties(o)["provisioningState"])
}

// TestConnect creates and deletes a connection, with all that belongs to it in Azure.
func TestConnect(t *testing.T) {
	a := connectable(t, "Owner")
	if code := a.link(t, linkBody()); code != "" || a.stateOf(t, linkerID) != "Succeeded" {
		t.Fatalf("%s, %s", code, a.stateOf(t, linkerID))
	}
	o, err := a.Store.Get(identityID + "/federatedIdentityCredentials/sc-mydb")
	if err != nil || properties(o)["subject"] != "system:serviceaccount:shop:sc-account-"+clientID {
		t.Errorf("%v, %v", o, err)
	}
	cluster, _ := a.Store.Get(managedID)
	issuer, _ := properties(cluster)["oidcIssuerProfile"].(store.Object)
	if properties(o)["issuer"] != issuer["issuerURL"] || issuer["enabled"] != true {
		t.Errorf("%v, %v", o, issuer)
	}
	granted := func() (n int) {
		for _, r := range a.Rules().Assignments {
			if r == (rbac.Assignment{Principal: objectID, Role: "Storage Blob Data Contributor", Scope: accountID}) {
				n++
			}
		}
		return n
	}
	if granted() != 1 {
		t.Error(a.Rules().Assignments)
	}
	if state := a.stateOf(t, extID); state != "Succeeded" {
		t.Error(state)
	}
	if code := a.link(t, nil); code != "" || granted() != 0 {
		t.Errorf("%s, %v", code, a.Rules().Assignments)
	}
	if _, err := a.Store.Get(identityID + "/federatedIdentityCredentials/sc-mydb"); err == nil {
		t.Error("the federated credential is left")
	}
	if state := a.stateOf(t, extID); state != "Succeeded" {
		t.Error("the extension stays:", state)
	}
}

// TestConnectFails holds that a connection fails for the causes that it fails for in Azure.
func TestConnectFails(t *testing.T) {
	for name, test := range map[string]struct {
		role  string
		spoil func(azure, store.Object)
		code  string
	}{
		"target gone": {"Owner", func(a azure, _ store.Object) { _ = a.Remove(context.Background(), accountID) }, "ResourceNotFound"},
		"identity gone": {"Owner", func(a azure, _ store.Object) {
			_ = a.Remove(context.Background(), identityID)
		}, "ResourceNotFound"},
		"no right to assign roles": {"Contributor", func(azure, store.Object) {}, "AuthorizationFailed"},
		"extensions not registered": {"Owner", func(a azure, _ store.Object) {
			a.SetBehavior(Behavior{Unregistered: []string{"Microsoft.KubernetesConfiguration"}})
		}, "Conflict"},
		"cluster being updated": {"Owner", func(a azure, _ store.Object) {
			o, _ := a.Store.Get(managedID)
			properties(o)["provisioningState"] = "Updating"
			_ = a.Seed(managedID, o)
		}, "Conflict"},
		"another operation": {"Owner", func(a azure, _ store.Object) {
			_ = a.Seed(extID, store.Object{"properties": store.Object{
				"extensionType": "microsoft.servicelinker.connection", "provisioningState": "Updating",
			}})
		}, "Conflict"},
	} {
		t.Run(name, func(t *testing.T) {
			a, body := connectable(t, test.role), linkBody()
			test.spoil(a, body)
			if code := a.link(t, body); code != test.code || a.stateOf(t, linkerID) != "Failed" {
				t.Errorf("%q, the connection is %s", code, a.stateOf(t, linkerID))
			}
		})
	}
}
