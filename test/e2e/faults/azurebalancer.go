package faults

import (
	"encoding/json"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// BalancerFault is something that is wrong in Azure with the load balancer of a Service, or only odd there. AZURE.md says where it was
// reported.
type BalancerFault struct {
	Name string
	// Code is the code of the check that must be insideout's verdict; empty: it must find nothing.
	Code string
	Why  string
	// Change changes the Service before it is made; nil: it is a public load balancer, and nothing else.
	Change func(*Case)
	// Subnet are the rules of the group nsg-nodes on the nodes' subnet, NIC those of a group on node 1's NIC; nil: there is none. FRONTEND
	// in them stands for the Service's address and PORT for its port.
	Subnet, NIC []AzureRule
	Routes      []AzureRoute // of the table rt-nodes of the nodes' subnet; nil: it has none
	// Appliance is what the appliance drops, as a match of nft: a firewall drops packets of connections that it has not seen begin.
	Appliance string
	// Managed changes a rule that the cloud provider wrote for the Service into the group that AKS manages; it returns false to remove it.
	Managed func(properties map[string]any) bool
	// Balancer changes the load balancer, whose frontend for the Service has the name.
	Balancer func(properties map[string]any, frontend string)
	// Firewalled is true if the client's own firewall drops its packets, and Azure is as it should be.
	Firewalled bool
	Degraded   bool // the verdict is a warning: only some connections fail
	// Decides is the rule whose counter must move and which the verdict must name, as GROUP/RULE; empty: none.
	Decides string
	Fix     int // the index of the printed fix that heals
}

// The verdicts about the load balancer as Azure has it.
const (
	lacksRules   = "INS0603"
	probesLost   = "INS0604"
	clientDenied = "INS0605"
	repliesLost  = "INS0606"
)

const (
	internet = "Internet"
	balancer = "AzureLoadBalancer"
	unseen   = "ip daddr 198.51.100.0/24 ct state invalid"
)

// InFrontend returns the rule with the Service's address and port.
func (r AzureRule) InFrontend(address, port string) AzureRule {
	replace := func(list []string) []string {
		all := make([]string, len(list))
		for i, s := range list {
			all[i] = strings.NewReplacer("FRONTEND", address, "PORT", port).Replace(s)
		}
		return all
	}
	r.Sources, r.Destinations, r.Ports = replace(r.Sources), replace(r.Destinations), replace(r.Ports)
	return r
}

// AzureBalancer returns what `kubectl insideout --azure=auto` is tried on, by the names of AZURE.md.
func AzureBalancer() []BalancerFault {
	frontend, port := []string{"FRONTEND"}, "PORT"
	allowClients := inbound("allow-clients", 100, "Allow", "Tcp", []string{internet}, frontend, port)
	return append([]BalancerFault{
		{
			Name: "nsg-subnet-lacks-service-port", Code: clientDenied, Decides: "nsg-nodes/DenyAllInBound",
			Why: "the subnet's group has default rules only, and the cloud provider writes into the NICs' group", Subnet: []AzureRule{},
		},
		{
			Name: "nsg-allows-to-balancer-tag", Code: clientDenied, Decides: "nsg-nodes/DenyAllInBound",
			Why:    "the subnet's group allows clients to the tag AzureLoadBalancer, which is the probes' source",
			Subnet: []AzureRule{inbound("allow-clients", 200, "Allow", "Tcp", []string{internet}, []string{balancer}, port)},
		},
		{
			Name: "nsg-allows-to-node-addresses", Code: clientDenied, Decides: "nsg-nodes/DenyAllInBound",
			Why:    "the subnet's group allows clients to the nodes' addresses, and sees the load balancer's",
			Subnet: []AzureRule{inbound("allow-clients", 200, "Allow", "Tcp", []string{internet}, azureNodes, port)},
		},
		{
			Name: "nsg-denies-probes-with-all", Code: probesLost, Decides: "nsg-nodes/deny-all", Fix: 0,
			Why: "a rule that denies everything comes before the default one that allows the probes",
			Subnet: []AzureRule{
				allowClients, inbound("allow-nodes", 110, "Allow", "*", azureAll, everything, "*"),
				inbound("deny-all", 4000, "Deny", "*", everything, everything, "*"),
			},
		},
		{
			Name: "nsg-denies-balancer-tag", Code: probesLost, Decides: "nsg-nodes/deny-probes", Why: "a rule denies the tag AzureLoadBalancer",
			Subnet: []AzureRule{allowClients, inbound("deny-probes", 200, "Deny", "*", []string{balancer}, everything, "*")},
		},
		{
			Name: "nsg-denies-vnet-and-so-probes", Code: probesLost, Decides: "nsg-nodes/deny-vnet",
			Why: "a rule denies the tag VirtualNetwork, which has the probes' address",
			Subnet: []AzureRule{
				allowClients, inbound("allow-nodes", 110, "Allow", "*", azureAll, everything, "*"),
				inbound("deny-vnet", 3900, "Deny", "*", []string{"VirtualNetwork"}, everything, "*"),
			},
		},
		{
			Name: "nsg-denies-node-ports-to-probes", Code: probesLost, Decides: "nsg-nodes/deny-node-ports",
			Why:    "a rule denies the probes the node ports",
			Subnet: []AzureRule{allowClients, inbound("deny-node-ports", 200, "Deny", "Tcp", []string{balancer}, everything, "30000-32767")},
		},
		{
			Name: "nsg-denies-one-node", Code: clientDenied, Decides: "nsg-nic/deny-clients", Degraded: true,
			Why: "the group on one node's NIC denies clients and not probes",
			NIC: []AzureRule{
				inbound("deny-clients", 200, "Deny", "Tcp", []string{internet}, frontend, port),
				inbound("allow-others", 300, "Allow", "*", everything, everything, "*"),
			},
		},
		{
			Name: "service-range-invalid", Code: clientDenied, Why: "a source range of the Service has bits of a host: it is closed to all",
			Change: func(c *Case) { c.balance(map[string]string{"azure-allowed-ip-ranges": "198.51.100.7/24"}) }, Fix: -1,
		},
		{
			Name: "service-ranges-leave-out-client", Code: clientDenied, Why: "the Service's source ranges do not have the client", Fix: -1,
			Change: func(c *Case) { c.balance(nil, "192.0.2.0/24") },
		},
		{
			Name: "managed-rules-removed-by-other-owner", Code: clientDenied, Decides: "aks-agentpool-12345678-nsg/DenyAllInBound",
			Why:     "another tool removed the cloud provider's rule from the group that AKS manages",
			Managed: func(map[string]any) bool { return false },
		},
		{
			Name: "managed-rule-edited-by-hand", Code: clientDenied, Decides: "aks-agentpool-12345678-nsg/DenyAllInBound",
			Why: "somebody changed the source of the cloud provider's rule",
			Managed: func(p map[string]any) bool {
				delete(p, "sourceAddressPrefixes")
				p["sourceAddressPrefix"] = "83.0.113.0/24"
				return true
			},
		},
		{
			Name: "route-asymmetric-public-balancer", Code: repliesLost, Why: "replies go to an appliance, which has not seen the connection",
			Routes: []AzureRoute{{"default", "0.0.0.0/0", virtualAppliance, applianceIP}}, Appliance: unseen,
		},
		{
			Name: "route-host-route-for-wrong-address", Code: repliesLost,
			Why:       "the host route is for the load balancer's address, not the client's",
			Routes:    []AzureRoute{{"default", "0.0.0.0/0", virtualAppliance, applianceIP}, {"frontend", "203.0.113.0/24", internet, ""}},
			Appliance: unseen,
		},
		{
			Name: "route-drops-replies", Code: repliesLost, Why: "a route drops packets to the client's range",
			Routes: []AzureRoute{{"drop", "198.51.100.0/24", dropping, ""}},
		},
		{
			Name: "client-firewall-drops", Code: "INS0901", Why: "the client's own firewall drops what it sends, and nothing in Azure does",
			Firewalled: true, Fix: -1,
		},
	}, append(changedBalancers(), healthyBalancers()...)...)
}

// changedBalancers are faults by which the load balancer is not as the cloud provider wrote it.
func changedBalancers() []BalancerFault {
	each := func(list string, change func(of, properties map[string]any) bool) func(map[string]any, string) {
		return func(p map[string]any, frontend string) {
			var kept []any
			all, _ := p[list].([]any)
			for _, o := range all {
				of := o.(map[string]any)
				name, _ := of["name"].(string)
				properties, _ := of["properties"].(map[string]any)
				if !strings.HasPrefix(name, frontend) || change(of, properties) {
					kept = append(kept, o)
				}
			}
			p[list] = kept
		}
	}
	return []BalancerFault{
		{
			Name: "probe-port-of-nobody", Code: lacksRules, Why: "the probe asks a port that no Service has",
			Balancer: each("probes", func(_, p map[string]any) bool { p["port"] = 30764; return true }),
		},
		{
			Name: "balancer-rule-deleted", Code: lacksRules, Why: "the Service's rule is gone",
			Balancer: each("loadBalancingRules", func(_, _ map[string]any) bool { return false }),
		},
		{
			Name: "balancer-rule-wrong-backend-port", Code: lacksRules, Why: "the rule has no floating IP, and another port",
			Balancer: each("loadBalancingRules", func(_, p map[string]any) bool {
				p["enableFloatingIP"], p["backendPort"] = false, 81
				return true
			}),
		},
		{
			Name: "balancer-frontend-deleted", Code: lacksRules, Why: "the frontend and its rules are gone, and the Service has its address",
			Balancer: func(p map[string]any, frontend string) {
				each("loadBalancingRules", func(_, _ map[string]any) bool { return false })(p, frontend)
				each("frontendIPConfigurations", func(_, _ map[string]any) bool { return false })(p, frontend)
			},
		},
		{
			Name: "backend-pool-empty", Code: lacksRules, Why: "the pool has no machine", Balancer: members(func(string) bool { return false }),
		},
		{
			Name: "backend-pool-lacks-the-pods-node", Code: lacksRules, Why: "the pool lacks the node of the only pod, with policy Local",
			Change: func(c *Case) {
				c.balance(nil)
				c.Service.Spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyLocal
				c.Pod().NodeSelector = map[string]string{corev1.LabelHostname: faultyNode}
			},
			Balancer: members(func(m string) bool { return !ofFaultyNode.MatchString(m) }),
		},
	}
}

// ofFaultyNode matches the member of a backend pool that is faultyNode's, by its network interface or its address.
var ofFaultyNode = regexp.MustCompile(`/virtualMachines/1/|"10\.220\.0\.21"`)

// members keeps those members of the Services' backend pool, as JSON. Their order is not always the same.
func members(keep func(member string) bool) func(map[string]any, string) {
	return func(p map[string]any, _ string) {
		pools, _ := p["backendAddressPools"].([]any)
		for _, o := range pools {
			if name, _ := o.(map[string]any)["name"].(string); !strings.EqualFold(name, "kubernetes") {
				continue
			}
			properties := o.(map[string]any)["properties"].(map[string]any)
			for _, list := range []string{"loadBalancerBackendAddresses", "backendIPConfigurations"} {
				all, _ := properties[list].([]any)
				kept := []any{}
				for _, m := range all {
					if text, err := json.Marshal(m); err != nil || keep(string(text)) {
						kept = append(kept, m)
					}
				}
				if all != nil {
					properties[list] = kept
				}
			}
		}
	}
}

// healthyBalancers returns what is healthy, but odd.
func healthyBalancers() []BalancerFault {
	return []BalancerFault{
		{
			Name: "balancer-healthy-deny-all-at-the-end", Why: "everything but what is needed is denied",
			Subnet: []AzureRule{
				inbound("allow-nodes", 100, "Allow", "*", azureAll, everything, "*"),
				inbound("allow-load-balancer", 130, "Allow", "*", []string{balancer}, everything, "*"),
				inbound("allow-clients", 140, "Allow", "Tcp", []string{internet}, []string{"FRONTEND"}, "PORT"),
				inbound("deny-all", 4096, "Deny", "*", everything, everything, "*"),
			},
		},
		{
			Name: "balancer-healthy-deny-of-another-port", Why: "a rule denies ports that nothing uses",
			Subnet: []AzureRule{
				inbound("deny-ssh", 100, "Deny", "Tcp", everything, everything, "22", "3389"),
				inbound("allow-clients", 140, "Allow", "Tcp", []string{internet}, []string{"FRONTEND"}, "PORT"),
			},
		},
		{
			Name: "balancer-healthy-route-for-clients", Why: "egress goes through an appliance, and replies to the clients do not",
			Routes:    []AzureRoute{{"default", "0.0.0.0/0", virtualAppliance, applianceIP}, {"clients", "198.51.100.0/24", internet, ""}},
			Appliance: unseen,
		},
		{
			Name: "balancer-healthy-dead-route-for-others", Why: "a route drops packets to a range where no client is",
			Routes: []AzureRoute{{"drop", "192.0.2.0/24", dropping, ""}},
		},
		{
			Name: "balancer-healthy-local-policy", Why: "with policy Local, the node without a pod is down on purpose",
			Change: func(c *Case) {
				c.balance(nil)
				c.Service.Spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyLocal
				c.Pod().NodeSelector = map[string]string{corev1.LabelHostname: faultyNode}
			},
		},
		{
			Name: "balancer-healthy-source-ranges", Why: "the Service's source ranges have the client",
			Change: func(c *Case) { c.balance(nil, "198.51.100.0/24", "192.0.2.0/24") },
		},
	}
}
