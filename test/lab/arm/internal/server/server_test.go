package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v9"

	"github.com/akstools/akstools/test/lab/arm/internal/entra"
	"github.com/akstools/akstools/test/lab/arm/internal/rbac"
	"github.com/akstools/akstools/test/lab/arm/internal/seed"
	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

const subscription = "00000000-0000-0000-0000-000000000000"

var cluster = seed.Cluster{
	Subscription: subscription, Group: "lab", Name: "lab", NodeGroup: "mc_lab_lab_eastus", Location: "eastus",
	FQDN:     "lab.hcp.eastus.azmk8s.io",
	ScaleSet: "aks-nodepool1-12345678-vmss", PodCIDR: "10.244.0.0/16", ServiceCIDR: "10.96.0.0/16", DNSServiceIP: "10.96.0.10",
	OutboundIP: "203.0.113.50",
	Prefixes:   []string{"10.220.0.16/28"}, Nodes: []seed.Node{
		{Name: "aks-nodepool1-12345678-vmss000000", Instance: "0", IP: "10.220.0.20"},
		{Name: "aks-nodepool1-12345678-vmss000001", Instance: "1", IP: "10.220.0.21"},
		{Name: "aks-nodepool1-12345678-vmss000002", Instance: "2", IP: "10.220.0.22"},
	},
}

const nodeGroup = "/subscriptions/" + subscription + "/resourceGroups/mc_lab_lab_eastus"

// azure is a running Resource Manager with the cluster's resources and a reader, and a client that the SDK made.
type azure struct {
	*Server
	http   *httptest.Server
	reader entra.Principal
}

func start(t *testing.T) azure {
	t.Helper()
	directory, err := entra.New("11111111-1111-1111-1111-111111111111")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Store: &store.Store{}, Directory: directory}
	h := httptest.NewTLSServer(s)
	t.Cleanup(h.Close)
	for _, r := range cluster.Resources() {
		o, err := r.Object()
		if err == nil {
			err = s.Seed(r.ID, o)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	a := azure{s, h, directory.Add("reader", "")}
	s.SetRules(rbac.Rules{Roles: rbac.BuiltIn(), Assignments: []rbac.Assignment{
		{Principal: a.reader.ObjectID, Role: "Reader", Scope: "/subscriptions/" + subscription},
	}})
	return a
}

// GetToken implements azcore.TokenCredential for the reader.
func (a azure) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, expires, err := a.Directory.Token(
		a.Directory.Tenant,
		a.reader.ClientID,
		a.reader.Secret,
		strings.TrimSuffix(o.Scopes[0], "/.default"),
	)
	return azcore.AccessToken{Token: token, ExpiresOn: expires}, err
}

func (a azure) options() *arm.ClientOptions {
	return &arm.ClientOptions{DisableRPRegistration: true, ClientOptions: policy.ClientOptions{
		Transport: a.http.Client(), Retry: policy.RetryOptions{MaxRetries: -1},
		Cloud: cloud.Configuration{
			ActiveDirectoryAuthorityHost: a.http.URL,
			Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
				cloud.ResourceManager: {Endpoint: a.http.URL, Audience: a.http.URL},
			},
		},
	}}
}

// code returns the code of Resource Manager's error, or the error's text.
func code(err error) string {
	var r *azcore.ResponseError
	if errors.As(err, &r) {
		return r.ErrorCode
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// TestSDKReads reads the seeded cluster with the SDK's own clients.
func TestSDKReads(t *testing.T) {
	a := start(t)
	groups, err := armnetwork.NewSecurityGroupsClient(subscription, a, a.options())
	if err != nil {
		t.Fatal(err)
	}
	got, err := groups.Get(t.Context(), strings.ToUpper("mc_lab_lab_eastus"), seed.SecurityGroup, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(got.Properties.DefaultSecurityRules); n != 6 {
		t.Errorf("%d default rules, want 6", n)
	}
	if n := len(got.Properties.NetworkInterfaces); n != 3 {
		t.Errorf("the group is on %d NICs, want 3", n)
	}
	nics, err := armnetwork.NewInterfacesClient(subscription, a, a.options())
	if err != nil {
		t.Fatal(err)
	}
	seen, pages := 0, 0
	for p := nics.NewListVirtualMachineScaleSetNetworkInterfacesPager("mc_lab_lab_eastus", cluster.ScaleSet, nil); p.More(); pages++ {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		seen += len(page.Value)
	}
	if seen != 3 || pages != 2 {
		t.Errorf("%d NICs on %d pages, want 3 on 2", seen, pages)
	}
	_, err = groups.Get(t.Context(), "mc_lab_lab_eastus", "nobodys", nil)
	if code(err) != "ResourceNotFound" {
		t.Errorf("a group that does not exist: %q", code(err))
	}
	if _, err = groups.Get(t.Context(), "other", "nobodys", nil); code(err) != "ResourceGroupNotFound" {
		t.Errorf("a resource group that does not exist: %q", code(err))
	}
	_, err = groups.BeginCreateOrUpdate(t.Context(), "mc_lab_lab_eastus", "mine", armnetwork.SecurityGroup{}, nil)
	if code(err) != "AuthorizationFailed" || !strings.Contains(err.Error(), "Microsoft.Network/networkSecurityGroups/write") {
		t.Errorf("a reader writes: %v", err)
	}
}

// TestSDKWrites creates a rule in a group, and changes the group by its ETag.
func TestSDKWrites(t *testing.T) {
	a := start(t)
	r := a.Rules()
	r.Assignments[0].Role = "Network Contributor"
	a.SetRules(r)
	rules, err := armnetwork.NewSecurityRulesClient(subscription, a, a.options())
	if err != nil {
		t.Fatal(err)
	}
	p, err := rules.BeginCreateOrUpdate(t.Context(), "mc_lab_lab_eastus", seed.SecurityGroup, "deny", armnetwork.SecurityRule{
		Properties: &armnetwork.SecurityRulePropertiesFormat{Priority: to.Ptr(int32(100))},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.PollUntilDone(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	o, err := a.Store.Get(nodeGroup + "/providers/Microsoft.Network/networkSecurityGroups/" + seed.SecurityGroup)
	if err != nil {
		t.Fatal(err)
	}
	if list := o["properties"].(store.Object)["securityRules"].([]any); len(list) != 1 {
		t.Errorf("the group has %d rules, want 1", len(list))
	}
	for _, tag := range []string{"stale", o["etag"].(string)} {
		_, _, err = a.Store.Put(o["id"].(string), o, tag)
		if stale := tag == "stale"; errors.Is(err, store.ErrChanged) != stale {
			t.Errorf("with the ETag %s: %v", tag, err)
		}
	}
}

// TestRefusals sends raw requests that Azure refuses.
func TestRefusals(t *testing.T) {
	const group = nodeGroup + "/providers/Microsoft.Network/networkSecurityGroups/" + seed.SecurityGroup
	for _, test := range []struct {
		name, path, version, audience string
		behavior                      Behavior
		deny                          bool
		status                        int
		code                          string
	}{
		{name: "fine", path: group, version: "2024-05-01", status: 200},
		{name: "no version", path: group, status: 400, code: "MissingApiVersionParameter"},
		{name: "another version", path: group, version: "2018-10-01", status: 400, code: "NoRegisteredProviderFound"},
		{
			name: "NICs of scale sets in the usual version", version: "2024-05-01", status: 400, code: "NoRegisteredProviderFound",
			path: nodeGroup + "/providers/Microsoft.Compute/virtualMachineScaleSets/" + cluster.ScaleSet + "/networkInterfaces",
		},
		{
			name: "no such namespace", path: nodeGroup + "/providers/Microsoft.Nothing/things/x", version: "2024-05-01", status: 404,
			code: "InvalidResourceNamespace",
		},
		{name: "no such subscription", path: "/subscriptions/2", version: "2021-04-01", status: 403, code: "AuthorizationFailed"},
		{
			name: "token for the graph", path: group, version: "2024-05-01", audience: "https://graph.microsoft.com", status: 401,
			code: "InvalidAuthenticationTokenAudience",
		},
		{
			name: "throttled", path: group, version: "2024-05-01", behavior: Behavior{ThrottleUntil: time.Now().Add(time.Hour)},
			status: 429, code: "TooManyRequests",
		},
		{name: "broken", path: group, version: "2024-05-01", behavior: Behavior{Status: 503}, status: 503, code: "InternalServerError"},
		{
			name: "not registered", path: group, version: "2024-05-01", behavior: Behavior{Unregistered: []string{"microsoft.network"}},
			status: 409, code: "MissingSubscriptionRegistration",
		},
		{name: "denied", path: group, version: "2024-05-01", deny: true, status: 403, code: "DenyAssignmentAuthorizationFailed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := start(t)
			a.SetBehavior(test.behavior)
			if test.deny {
				r := a.Rules()
				r.Denials = []rbac.Deny{{Name: "lockdown", ID: "/deny", Actions: []string{"*/read"}, Scope: nodeGroup}}
				a.SetRules(r)
			}
			if test.audience == "" {
				test.audience = a.http.URL
			}
			token, _, err := a.Directory.Token(a.Directory.Tenant, a.reader.ClientID, a.reader.Secret, test.audience)
			if err != nil {
				t.Fatal(err)
			}
			status, got := a.send(t, http.MethodGet, test.path+"?api-version="+test.version, token)
			if status != test.status || got != test.code {
				t.Errorf("%d %s, want %d %s", status, got, test.status, test.code)
			}
			entries := a.journal.all()
			if len(entries) != 1 || entries[0].Status != test.status || entries[0].Code != test.code {
				t.Errorf("journal: %+v", entries)
			}
		})
	}
}

func (a azure) send(t *testing.T, method, path, token string) (status int, code string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, a.http.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := a.http.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body struct{ Error struct{ Code string } }
	b, _ := io.ReadAll(resp.Body)
	_ = json.Unmarshal(b, &body)
	return resp.StatusCode, body.Error.Code
}

// TestTokens signs in with wrong credentials, and shows tokens that are not valid.
func TestTokens(t *testing.T) {
	a := start(t)
	other, err := entra.New("22222222-2222-2222-2222-222222222222")
	if err != nil {
		t.Fatal(err)
	}
	p := other.Add("guest", "")
	foreign, _, err := other.Token(other.Tenant, p.ClientID, p.Secret, a.http.URL)
	if err != nil {
		t.Fatal(err)
	}
	a.Directory.Lifetime = -time.Minute
	expired, _, err := a.Directory.Token(a.Directory.Tenant, a.reader.ClientID, a.reader.Secret, a.http.URL)
	if err != nil {
		t.Fatal(err)
	}
	for token, want := range map[string]string{
		foreign: "InvalidAuthenticationTokenTenant", expired: "ExpiredAuthenticationToken", "x": "InvalidAuthenticationToken",
		"": "AuthenticationFailed",
	} {
		if _, got := a.send(t, http.MethodGet, nodeGroup+"?api-version=2021-04-01", token); got != want {
			t.Errorf("%.9q: %s, want %s", token, got, want)
		}
	}
	for _, try := range []struct {
		tenant, client, secret string
		number                 int
	}{{"x", a.reader.ClientID, a.reader.Secret, 90002}, {a.Directory.Tenant, "x", "", 700016}, {
		a.Directory.Tenant, a.reader.ClientID,
		"x", 7000215,
	}} {
		_, _, err := a.Directory.Token(try.tenant, try.client, try.secret, a.http.URL)
		var refused *entra.Error
		if !errors.As(err, &refused) || refused.Number != try.number {
			t.Errorf("%v, want AADSTS%d", err, try.number)
		}
	}
}

func TestMisspeltMember(t *testing.T) {
	const kind = "Microsoft.Network/networkSecurityGroups"
	_, _, f := start(t).Write(t.Context(), nodeGroup+"/providers/"+kind+"/x", kind,
		store.Object{"location": "eastus", "properties": store.Object{"securityRule": []any{}}}, "")
	if f == nil || !strings.Contains(f.text, "properties.securityRule'") {
		t.Errorf("a member that the SDK does not know: %+v", f)
	}
}
