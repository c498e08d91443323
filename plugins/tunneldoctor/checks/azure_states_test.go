package checks

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

const labCluster = "/subscriptions/0/resourceGroups/lab/providers/Microsoft.ContainerService/managedClusters/lab"

func lostNode() facts.NodeList {
	return facts.NodeList{Items: []podhealth.Node{{
		Name: "n", Ready: podhealth.Condition{Status: "Unknown"},
		Azure: id.Instance{Subscription: "0", ResourceGroup: "g", ScaleSet: "s", ID: "0"},
	}}}
}

// A power state that Azure does not say is unknown, not "running".
func TestUnknownPower(t *testing.T) {
	r := alone(t, MachinesRun, gathered{
		facts.ClusterNodes.Name: lostNode(),
		facts.AzureNetwork.Name: facts.AzureInfo{Topology: topology.Topology{Machines: []topology.Machine{{Node: "n"}}}},
	})
	if r.Status != check.Unknown {
		t.Errorf("%s", r.Status)
	}
}

// An egress of which no public address was read is unknown, not authorized.
func TestEgressWithoutAddresses(t *testing.T) {
	const fw = "/subscriptions/0/resourceGroups/g/providers/Microsoft.Network/azureFirewalls/fw"
	r := alone(t, AuthorizedRangesAllowNodes, gathered{
		facts.ClusterNodes.Name: lostNode(),
		facts.AzureNetwork.Name: facts.AzureInfo{
			Topology: topology.Topology{
				Cluster:  azure.Cluster{ID: labCluster, AuthorizedRanges: []string{"203.0.113.0/24"}},
				Machines: []topology.Machine{{Node: "n", NICs: []azure.NIC{{Subnet: "/s"}}}},
			},
			Egress: []facts.AzureEgress{{Subnet: "/s", By: fw}},
		},
	})
	if r.Status != check.Unknown {
		t.Errorf("%s", r.Status)
	}
}

// Of two public addresses of a firewall one is authorized: connections fail now and then, and the node does not "cannot connect".
func TestEgressInPart(t *testing.T) {
	const fw = "/subscriptions/0/resourceGroups/g/providers/Microsoft.Network/azureFirewalls/fw"
	r := alone(t, AuthorizedRangesAllowNodes, gathered{
		facts.ClusterNodes.Name: lostNode(),
		facts.AzureNetwork.Name: facts.AzureInfo{
			Topology: topology.Topology{
				Cluster:  azure.Cluster{ID: labCluster, AuthorizedRanges: []string{"203.0.113.1"}},
				Machines: []topology.Machine{{Node: "n", NICs: []azure.NIC{{Subnet: "/s"}}}},
			},
			Egress: []facts.AzureEgress{{Subnet: "/s", By: fw, Addresses: []netip.Prefix{
				netip.MustParsePrefix("203.0.113.1/32"), netip.MustParsePrefix("203.0.113.2/32"),
			}}},
		},
	})
	if len(r.Findings) == 1 && strings.Contains(r.Findings[0].Summary, "cannot connect") {
		t.Error(r.Findings[0].Summary)
	}
}

// Ranges that together contain a prefix contain it.
func TestAdjacentRanges(t *testing.T) {
	c := azure.Cluster{AuthorizedRanges: []string{"203.0.113.0/29", "203.0.113.8/29"}}
	if ok, _ := c.Authorizes(netip.MustParsePrefix("203.0.113.0/28")); !ok {
		t.Error("not authorized")
	}
}

// The API server has no IPv6 address that authorized ranges could be about: a sign-in by IPv6 says nothing.
func TestSignInByIPv6(t *testing.T) {
	r := alone(t, AuthorizedRangesAllowClient, gathered{
		facts.APIServer.Name: facts.API{Server: "https://x", Error: "no answer within 10s", TimedOut: true},
		facts.AzureClusterState.Name: facts.AzureCluster{
			Cluster: azure.Cluster{ID: labCluster, AuthorizedRanges: []string{"203.0.113.0/24"}},
			Client:  netip.MustParseAddr("2a02:8070::1"), SignedIn: true,
		},
	})
	if r.Status != check.Unknown {
		t.Errorf("%s %+v", r.Status, r.Findings)
	}
}

// A cluster that is being deleted or stopped does not answer afterwards.
func TestDeletedCluster(t *testing.T) {
	for _, state := range []string{"Deleting", "Stopping"} {
		r := alone(t, ClusterRuns, gathered{
			facts.APIServer.Name:         facts.API{Server: "https://x", Error: "no such host", NoName: true},
			facts.AzureClusterState.Name: facts.AzureCluster{Cluster: azure.Cluster{ID: labCluster, State: state}},
		})
		if len(r.Findings) != 1 || strings.Contains(r.Findings[0].Cause, "answers when it has ended") {
			t.Errorf("%s: %+v", state, r.Findings)
		}
	}
}

// Without a known power state nothing says that the cluster is running.
func TestUnknownClusterPower(t *testing.T) {
	r := alone(t, APIServerAnswers, gathered{
		facts.APIServer.Name:         facts.API{Server: "https://x", Error: "connection refused"},
		facts.AzureClusterState.Name: facts.AzureCluster{Cluster: azure.Cluster{ID: labCluster, State: "Canceled"}},
	})
	if len(r.Findings) != 1 || strings.Contains(r.Findings[0].Cause, "In Azure, cluster lab is running") {
		t.Errorf("%+v", r.Findings)
	}
}

// A machine that is off explains its own node only, and nothing where the pool keeps deallocated nodes.
func TestMachinesOff(t *testing.T) {
	for name, c := range map[string]struct {
		power        string
		deallocating []string
		status       check.Status
		severity     check.Severity
	}{
		"runs":                 {"running", nil, check.Passed, ""},
		"deallocated":          {"deallocated", nil, check.Fail, check.Error},
		"of a pool that does":  {"deallocated", []string{"pool1"}, check.Passed, check.Info},
		"of another such pool": {"deallocated", []string{"pool"}, check.Fail, check.Error},
	} {
		nodes := lostNode()
		nodes.Items[0].Azure.ScaleSet = "aks-pool1-12345678-vmss"
		info := facts.AzureInfo{
			Topology: topology.Topology{
				Cluster:  azure.Cluster{ID: labCluster, Deallocating: c.deallocating, AuthorizedRanges: []string{"203.0.113.0/24"}},
				Machines: []topology.Machine{{Node: "n", Power: c.power, NICs: []azure.NIC{{Subnet: "/s"}}}},
			},
			Egress: []facts.AzureEgress{{
				Subnet: "/s", By: "/x/natGateways/nat", Addresses: []netip.Prefix{netip.MustParsePrefix("198.51.100.1/32")},
			}},
		}
		g := gathered{facts.ClusterNodes.Name: nodes, facts.AzureNetwork.Name: info}
		r := alone(t, MachinesRun, g)
		if r.Status != c.status || (len(r.Findings) > 0) != (c.severity != "") || len(r.Findings) > 0 && r.Findings[0].Severity != c.severity {
			t.Errorf("%s: %s %+v", name, r.Status, r.Findings)
		}
		if others := alone(t, AuthorizedRangesAllowNodes, g); (others.Status == check.Fail) != (c.power == "running") {
			t.Errorf("%s: the ranges are %s", name, others.Status)
		}
	}
}
