package podhealth

import (
	"net/netip"
	"time"

	"github.com/akstools/akstools/internal/azure/id"
)

// Node is one node of the cluster.
type Node struct {
	Name  string     `json:"name"`
	IP    netip.Addr `json:"ip,omitzero"` // its InternalIP
	Ready Condition  `json:"ready"`
	OS    string     `json:"os,omitempty"`
	// Region is the Azure region; empty: the node has no such label.
	Region string `json:"region,omitempty"`
	// Simulated means that there is no machine: a virtual node of Azure Container Instances, or one of kwok.
	Simulated bool        `json:"simulated,omitempty"`
	Azure     id.Instance `json:"azure,omitzero"` // zero: its providerID does not name its Azure virtual machine
	// Chosen means that this node is tried: of many nodes only some are. The list of nodes sets it.
	Chosen bool `json:"chosen"`
	// Stale means that its kubelet did not renew its lease while that was watched; a kubelet does so every 10 s
	// (https://kubernetes.io/docs/reference/node/node-status/#heartbeats); watched for chosen nodes only.
	Stale bool `json:"stale,omitempty"`
	// Leaving means that the node is being removed or shut down.
	Leaving       bool      `json:"leaving,omitempty"`
	Created       time.Time `json:"created"`
	Unschedulable bool      `json:"unschedulable,omitempty"`
	// Taints are those that keep pods away, as kubectl writes them, such as "dedicated=data:NoExecute".
	Taints []string `json:"taints,omitempty"`
}
