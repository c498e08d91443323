package azure

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/azure/id"
)

// client returns a client of the product, configured as for a custom cloud, and signed in by the environment.
func (m *resourceManager) client() *azure.Client {
	m.t.Helper()
	login := m.signIn(m.login.Secret)
	c, err := azure.New(login, subscription, "kubectl-test")
	if err != nil {
		m.t.Fatal(err)
	}
	return c
}

func (m *resourceManager) signIn(secret string) azure.Login {
	m.t.Helper()
	dir := m.t.TempDir()
	for name, text := range map[string]string{
		"config": "[cloud]\nname = LabCloud\n",
		"clouds.config": "[LabCloud]\nendpoint_resource_manager = " + m.url + "/\nendpoint_active_directory = " + m.url +
			"\nendpoint_active_directory_resource_id = " + m.url + "/\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			m.t.Fatal(err)
		}
	}
	for name, value := range map[string]string{
		"AZURE_CONFIG_DIR": dir, "AZURE_CLIENT_ID": m.login.ClientID, "AZURE_CLIENT_SECRET": secret, "AZURE_TENANT_ID": tenant,
		"AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential",
	} {
		m.t.Setenv(name, value)
	}
	login, err := azure.ReadLogin(os.Getenv, m.t.TempDir())
	if err != nil {
		m.t.Fatal(err)
	}
	return login
}

var machine = id.Instance{Subscription: subscription, ResourceGroup: nodeGroup, ScaleSet: scaleSet, ID: "1"}

// TestReaders reads what the lab's cluster has.
func TestReaders(t *testing.T) {
	m := start(t)
	c := m.client()
	found, err := azure.FindCluster(t.Context(), c, nodeGroup, []string{"127.0.0.1", fqdn})
	if err != nil || found.ID != clusterID || !found.Overlay() {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := azure.FindCluster(t.Context(), c, nodeGroup, []string{"other.hcp.eastus.azmk8s.io"}); err == nil ||
		!strings.Contains(err.Error(), "another cluster") {
		t.Errorf("a kubeconfig of another cluster: %v", err)
	}
	nics, err := azure.MachineNICs(t.Context(), c, machine)
	if err != nil || len(nics) != 1 || nics[0].Addresses[0].String() != "10.220.0.21" {
		t.Fatalf("%+v, %v", nics, err)
	}
	network, err := azure.NetworkOf(t.Context(), c, nics[0].Subnet)
	if err != nil || len(network.Prefixes) != 2 || network.Find(strings.ToUpper(nics[0].Subnet)) == nil {
		t.Errorf("%+v, %v", network, err)
	}
	group, err := azure.SecurityGroup(t.Context(), c, nics[0].Group)
	if err != nil || len(group.Rules) != 6 || group.Rules[0].Sources[0] != "VirtualNetwork" {
		t.Errorf("%+v, %v", group, err)
	}
	for _, r := range m.requests() {
		if !strings.HasPrefix(r, "GET 200 ") {
			t.Error(r)
		}
	}
}

// TestErrors takes away what a request needs, one thing after another.
func TestErrors(t *testing.T) {
	for _, test := range []struct {
		name   string
		spoil  func(*resourceManager)
		reason azure.Reason
		text   string
	}{
		{
			"no role", func(m *resourceManager) { m.assign("", "") }, azure.NoPermission,
			"Microsoft.Compute/virtualMachineScaleSets/virtualMachines/networkInterfaces/read on /subscriptions/",
		},
		{"a role elsewhere", func(m *resourceManager) { m.assign("Reader", groupID+"lab") }, azure.NoPermission, "(the role Reader has it)"},
		{"a deny assignment", func(m *resourceManager) {
			m.rules(func(r map[string]any) {
				r["denials"] = []any{map[string]any{
					"name": "lockdown", "id": "/deny", "actions": []string{"Microsoft.Compute/*"}, "scope": groupID + nodeGroup,
				}}
			})
		}, azure.Denied, "lockdown"},
		{"throttled", func(m *resourceManager) {
			m.do(http.MethodPut, "/behavior", map[string]any{"throttleUntil": time.Now().Add(time.Hour)}, nil)
		}, azure.Throttled, "try again"},
		{"broken", func(m *resourceManager) { m.do(http.MethodPut, "/behavior", map[string]any{"status": 503}, nil) }, azure.Refused, ""},
		{"not registered", func(m *resourceManager) {
			m.do(http.MethodPut, "/behavior", map[string]any{"unregistered": []string{"Microsoft.Compute"}}, nil)
		}, azure.NotRegistered, "Microsoft.Compute"},
		{"machine gone", func(m *resourceManager) {
			m.do(http.MethodDelete, "/arm"+groupID+nodeGroup+"/providers/Microsoft.Compute/virtualMachineScaleSets/"+scaleSet, nil, nil)
			m.do(http.MethodDelete, "/arm"+groupID+nodeGroup, nil, nil)
		}, azure.NotFound, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := start(t)
			c := m.client()
			test.spoil(m)
			nics, err := azure.MachineNICs(t.Context(), c, machine)
			var e *azure.Error
			if !errors.As(err, &e) || e.Reason != test.reason || !strings.Contains(err.Error(), test.text) {
				t.Errorf("%+v, %v", nics, err)
			}
			for _, r := range m.requests() {
				if !strings.HasPrefix(r, "GET ") {
					t.Error(r)
				}
			}
		})
	}
}

// TestSignIn signs in with what is not valid, or not at all.
func TestSignIn(t *testing.T) {
	m := start(t)
	c, err := azure.New(m.signIn("wrong-secret"), subscription, "kubectl-test")
	if err != nil {
		t.Fatal(err)
	}
	_, err = azure.MachineNICs(t.Context(), c, machine)
	var e *azure.Error
	if !errors.As(err, &e) || e.Reason != azure.SignInFailed || strings.Contains(err.Error(), "wrong-secret") {
		t.Errorf("a wrong secret: %v", err)
	}
	t.Setenv("AZURE_CLIENT_ID", "")
	t.Setenv("AZURE_TOKEN_CREDENTIALS", "")
	login, err := azure.ReadLogin(os.Getenv, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err = azure.New(login, subscription, "kubectl-test"); !errors.As(err, &e) || e.Reason != azure.NotSignedIn {
		t.Errorf("without a sign-in: %v", err)
	}
	if len(m.requests()) != 0 {
		t.Error(m.requests())
	}
}
