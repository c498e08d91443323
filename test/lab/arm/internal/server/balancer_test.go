package server

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v9"

	"github.com/akstools/akstools/test/lab/arm/internal/balancing"
	"github.com/akstools/akstools/test/lab/arm/internal/seed"
)

const nodes = "mc_lab_lab_eastus"

// await returns the result of a long-running operation.
func await[T any](t *testing.T, p *runtime.Poller[T], err error) T {
	t.Helper()
	if err == nil {
		var v T
		if v, err = p.PollUntilDone(t.Context(), nil); err == nil {
			return v
		}
	}
	t.Fatal(err)
	return *new(T)
}

// TestBalancer does with the SDK what a cloud provider does for a public and an internal Service, and reads what Azure adds to it.
func TestBalancer(t *testing.T) {
	a := start(t)
	a.Public, a.Reserved = netip.MustParsePrefix("203.0.113.0/24"), []netip.Addr{netip.MustParseAddr("10.220.0.23")}
	health := &balancing.Health{Store: a.Store}
	a.Actions = map[string]Action{"microsoft.network/loadbalancers/loadbalancingrules/health": health.Action}
	r := a.Rules()
	r.Assignments[0].Role = "Network Contributor"
	a.SetRules(r)
	ips, err := armnetwork.NewPublicIPAddressesClient(subscription, a, a.options())
	if err != nil {
		t.Fatal(err)
	}
	balancers, err := armnetwork.NewLoadBalancersClient(subscription, a, a.options())
	if err != nil {
		t.Fatal(err)
	}
	put, err := ips.BeginCreateOrUpdate(t.Context(), nodes, "web", armnetwork.PublicIPAddress{
		Location: to.Ptr("eastus"), Tags: map[string]*string{"k8s-azure-service": to.Ptr("default/web")},
		Properties: &armnetwork.PublicIPAddressPropertiesFormat{
			DNSSettings: &armnetwork.PublicIPAddressDNSSettings{DomainNameLabel: to.Ptr("shop")},
		},
	}, nil)
	ip := await(t, put, err).PublicIPAddress
	if got := *ip.Properties.IPAddress; got != "203.0.113.100" || *ip.Properties.DNSSettings.Fqdn != "shop.eastus.cloudapp.azure.com" {
		t.Errorf("%s, %+v", got, ip.Properties.DNSSettings)
	}
	b := a.balance(t, balancers, *ip.ID)
	if got := *b.Properties.FrontendIPConfigurations[1].Properties.PrivateIPAddress; got != "10.220.0.24" {
		t.Errorf("the internal frontend has %s: .20 to .22 are nodes', .23 is reserved", got)
	}
	rule := *b.Properties.LoadBalancingRules[0].ID
	for what, refs := range map[string][]*armnetwork.SubResource{
		"frontend": b.Properties.FrontendIPConfigurations[0].Properties.LoadBalancingRules,
		"pool":     b.Properties.BackendAddressPools[0].Properties.LoadBalancingRules,
		"probe":    b.Properties.Probes[0].Properties.LoadBalancingRules,
	} {
		if len(refs) != 1 || *refs[0].ID != rule {
			t.Errorf("the %s does not know its rule: %d references", what, len(refs))
		}
	}
	got, err := ips.Get(t.Context(), nodes, "web", nil)
	if err != nil || !strings.HasSuffix(*got.Properties.IPConfiguration.ID, "/frontendIPConfigurations/web") {
		t.Errorf("the address does not know its frontend: %v", err)
	}
	if _, err := ips.BeginDelete(t.Context(), nodes, "web", nil); code(err) != "PublicIPAddressCannotBeDeleted" {
		t.Errorf("an address that is in use is deleted: %v", err)
	}
	health.Set([]balancing.State{
		{Rule: rule, Address: "10.220.0.20", Up: true, Reason: "Up_Probe_Success"},
		{Rule: rule, Address: "10.220.0.21", Reason: "Down_Probe_TcpProbeTimeout"},
	})
	a.holdHealth(t)
	deleted, err := balancers.BeginDelete(t.Context(), nodes, "lb", nil)
	await(t, deleted, err)
	gone, err := ips.BeginDelete(t.Context(), nodes, "web", nil)
	await(t, gone, err)
}

// balance creates a load balancer with a rule of a public frontend and an internal frontend, and returns it as Azure has it.
func (a azure) balance(t *testing.T, balancers *armnetwork.LoadBalancersClient, ip string) armnetwork.LoadBalancer {
	t.Helper()
	const id = nodeGroup + "/providers/Microsoft.Network/loadBalancers/lb/"
	subnet := nodeGroup + "/providers/Microsoft.Network/virtualNetworks/" + seed.Network + "/subnets/" + seed.Subnet
	ref := func(part string) *armnetwork.SubResource { return &armnetwork.SubResource{ID: to.Ptr(id + part)} }
	var addresses []*armnetwork.LoadBalancerBackendAddress
	for _, address := range []string{"10.220.0.20", "10.220.0.21"} {
		addresses = append(addresses, &armnetwork.LoadBalancerBackendAddress{
			Properties: &armnetwork.LoadBalancerBackendAddressPropertiesFormat{IPAddress: to.Ptr(address)},
		})
	}
	put, err := balancers.BeginCreateOrUpdate(t.Context(), nodes, "lb", armnetwork.LoadBalancer{
		Location: to.Ptr("eastus"), Properties: &armnetwork.LoadBalancerPropertiesFormat{
			FrontendIPConfigurations: []*armnetwork.FrontendIPConfiguration{
				{Name: to.Ptr("web"), Properties: &armnetwork.FrontendIPConfigurationPropertiesFormat{
					PublicIPAddress: &armnetwork.PublicIPAddress{ID: &ip},
				}},
				{Name: to.Ptr("inside"), Properties: &armnetwork.FrontendIPConfigurationPropertiesFormat{Subnet: &armnetwork.Subnet{ID: &subnet}}},
			},
			BackendAddressPools: []*armnetwork.BackendAddressPool{{
				Name: to.Ptr("kubernetes"), Properties: &armnetwork.BackendAddressPoolPropertiesFormat{LoadBalancerBackendAddresses: addresses},
			}},
			Probes: []*armnetwork.Probe{{Name: to.Ptr("p"), Properties: &armnetwork.ProbePropertiesFormat{
				Protocol: to.Ptr(armnetwork.ProbeProtocolTCP), Port: to.Ptr(int32(30080)), ProbeThreshold: to.Ptr(int32(2)),
				IntervalInSeconds: to.Ptr(int32(5)),
			}}},
			LoadBalancingRules: []*armnetwork.LoadBalancingRule{
				{Name: to.Ptr("web"), Properties: &armnetwork.LoadBalancingRulePropertiesFormat{
					FrontendIPConfiguration: ref("frontendIPConfigurations/web"), BackendAddressPool: ref("backendAddressPools/kubernetes"),
					Probe: ref("probes/p"), Protocol: to.Ptr(armnetwork.TransportProtocolTCP), FrontendPort: to.Ptr(int32(80)),
					BackendPort: to.Ptr(int32(80)), EnableFloatingIP: to.Ptr(true),
				}},
				{Name: to.Ptr("broken"), Properties: &armnetwork.LoadBalancingRulePropertiesFormat{
					FrontendIPConfiguration: ref("frontendIPConfigurations/inside"), BackendAddressPool: ref("backendAddressPools/gone"),
					Protocol: to.Ptr(armnetwork.TransportProtocolTCP), FrontendPort: to.Ptr(int32(80)), BackendPort: to.Ptr(int32(80)),
					EnableFloatingIP: to.Ptr(true),
				}},
			},
		},
	}, nil)
	await(t, put, err)
	got, err := balancers.Get(t.Context(), nodes, "lb", nil)
	if err != nil {
		t.Fatal(err)
	}
	return got.LoadBalancer
}

// holdHealth asks for the health of the rule web, and for what the lab's load balancer follows.
func (a azure) holdHealth(t *testing.T) {
	t.Helper()
	health := &balancing.Health{Store: a.Store}
	clients, err := armnetwork.NewLoadBalancerLoadBalancingRulesClient(subscription, a, a.options())
	if err != nil {
		t.Fatal(err)
	}
	rules := balancing.Rules(a.Store)
	nic := "/virtualMachines/0/networkInterfaces/" + cluster.ScaleSet + "/ipConfigurations/ipconfig1"
	if len(rules) != 1 || rules[0].Frontend != "203.0.113.100" || rules[0].Probe == nil || len(rules[0].Members) != 2 ||
		!strings.HasSuffix(rules[0].Members[0].Configuration, nic) {
		t.Errorf("rules %+v", rules)
	}
	rec := httptest.NewRecorder()
	health.Handler().ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/balancing", nil))
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // otherwise the answer comes when something changes
	req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/balancing", nil)
	req.Header.Set("If-None-Match", rec.Header().Get("ETag"))
	again := httptest.NewRecorder()
	health.Handler().ServeHTTP(again, req)
	if rec.Body.Len() == 0 || again.Body.Len() != 0 {
		t.Errorf("rules of %d bytes, and again of %d", rec.Body.Len(), again.Body.Len())
	}
	asked, err := clients.BeginHealth(t.Context(), nodes, "lb", "web", nil)
	got := await(t, asked, err)
	if *got.Up != 1 || *got.Down != 1 || len(got.LoadBalancerBackendAddresses) != 2 {
		t.Fatalf("health %+v", got)
	}
	if down := got.LoadBalancerBackendAddresses[1]; *down.State != "Down" || *down.Reason != "Down_Probe_TcpProbeTimeout" ||
		*down.IPAddress != "10.220.0.21" || down.NetworkInterfaceIPConfigurationID == nil {
		t.Errorf("%+v", down)
	}
}
