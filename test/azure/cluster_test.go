package azure

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/azure"
)

// change changes the cluster's properties.
func (m *resourceManager) change(change func(properties map[string]any)) {
	m.t.Helper()
	var o map[string]any
	m.do(http.MethodGet, "/arm"+clusterID, nil, &o)
	change(o["properties"].(map[string]any))
	m.do(http.MethodPut, "/arm"+clusterID, o, nil)
}

const plugin = "kubectl-test"

// TestByServer finds the cluster by the name of its API server alone, whether the Azure CLI knows its subscription or not.
func TestByServer(t *testing.T) {
	m := start(t)
	m.change(func(p map[string]any) {
		p["powerState"] = map[string]any{"code": "Stopped"}
		p["apiServerAccessProfile"] = map[string]any{"authorizedIPRanges": []string{"203.0.113.0/24"}}
	})
	login := m.signIn(m.login.Secret)
	for name, known := range map[string][]azure.Subscription{
		"known to the Azure CLI": {{ID: "33333333-3333-3333-3333-333333333333"}, {ID: subscription}}, "listed": nil,
	} {
		login.Subscriptions = known
		found, c, err := azure.ByServer(t.Context(), login, []string{"127.0.0.1", strings.ToUpper(fqdn)}, plugin)
		if err != nil || found.ID != clusterID || c.Subscription != subscription || !found.Stopped() || found.State != "Succeeded" ||
			len(found.AuthorizedRanges) != 1 || found.Private || found.PrivateZone != "" {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
	login.Subscriptions = nil
	_, _, err := azure.ByServer(t.Context(), login, []string{"other.hcp.eastus.azmk8s.io"}, plugin)
	if reasonOf(err) != azure.NotFound || !strings.Contains(err.Error(), "searched: 1") {
		t.Errorf("another cluster: %v", err)
	}
	m.assign("", "")
	if _, _, err := azure.ByServer(t.Context(), login, []string{fqdn}, plugin); reasonOf(err) != azure.NotFound {
		t.Errorf("no subscription may be read: %v", err)
	}
	login.Subscriptions = []azure.Subscription{{ID: subscription}}
	if _, _, err := azure.ByServer(t.Context(), login, []string{fqdn}, plugin); reasonOf(err) != azure.NoPermission {
		t.Errorf("the only subscription may not be read: %v", err)
	}
	for _, r := range m.requests() {
		if !strings.HasPrefix(r, "GET ") {
			t.Error(r)
		}
	}
}

func reasonOf(err error) azure.Reason {
	var e *azure.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// TestPrivateZone finds the zone of a private cluster, as AKS and as its owner made it, and the networks that know it.
func TestPrivateZone(t *testing.T) {
	m := start(t)
	const zones = networks + "privateDnsZones/"
	for mode, zone := range map[string]string{
		"system": zones + "c0ffee.privatelink.eastus.azmk8s.io", "none": "",
		groupID + "dns/providers/Microsoft.Network/privateDnsZones/privatelink.eastus.azmk8s.io": groupID +
			"dns/providers/Microsoft.Network/privateDnsZones/privatelink.eastus.azmk8s.io",
	} {
		m.change(func(p map[string]any) {
			p["privateFQDN"] = "aks-lab-12345678.c0ffee.privatelink.eastus.azmk8s.io"
			p["apiServerAccessProfile"] = map[string]any{"enablePrivateCluster": true, "privateDNSZone": mode}
		})
		found, _, err := azure.ByServer(
			t.Context(),
			m.signIn(m.login.Secret),
			[]string{"aks-lab-12345678.c0ffee.privatelink.eastus.azmk8s.io"},
			plugin,
		)
		if err != nil || !found.Private || found.PrivateZone != zone {
			t.Errorf("%s: %+v, %v", mode, found, err)
		}
	}
	const zone = zones + "c0ffee.privatelink.eastus.azmk8s.io"
	m.do(http.MethodPut, "/arm"+zone, map[string]any{"location": "global"}, nil)
	for _, name := range []string{"a", "b", "c"} {
		m.do(http.MethodPut, "/arm"+zone+"/virtualNetworkLinks/"+name, map[string]any{"location": "global", "properties": map[string]any{
			"virtualNetwork": map[string]any{"id": networks + "virtualNetworks/" + name}, "registrationEnabled": false,
		}}, nil)
	}
	linked, err := azure.ZoneNetworks(t.Context(), m.client(), zone)
	if err != nil || len(linked) != 3 || linked[2] != networks+"virtualNetworks/c" {
		t.Errorf("%v, %v", linked, err)
	}
	if _, err := azure.ZoneNetworks(t.Context(), m.client(), clusterID); err == nil {
		t.Error("a cluster is no zone")
	}
}

// TestSignInAddress reads the address from the tokens of users, and none from those of applications.
func TestSignInAddress(t *testing.T) {
	m := start(t)
	if a, err := m.client().SignInAddress(t.Context()); err != nil || a.IsValid() {
		t.Errorf("an application: %s, %v", a, err)
	}
	m.do(http.MethodPost, "/principals/reader?from=198.51.100.7", nil, nil)
	if a, err := m.client().SignInAddress(t.Context()); err != nil || a.String() != "198.51.100.7" {
		t.Errorf("a user: %s, %v", a, err)
	}
	if b, err := json.Marshal(m.requests()); err != nil || strings.Contains(string(b), "GET") {
		t.Errorf("Resource Manager was asked: %s, %v", b, err)
	}
}
