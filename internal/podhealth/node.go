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
	// Region is Azure's; empty: it has no such label.
	Region string `json:"region,omitempty"`
	// Simulated says that no machine is behind it: a virtual node of Azure Container Instances, or one of kwok.
	Simulated bool        `json:"simulated,omitempty"`
	Azure     id.Instance `json:"azure,omitzero"` // zero: its providerID names no Azure machine
	// Chosen says that its symptoms are tried: of many nodes only some are.
	Chosen bool `json:"chosen"`
	// Stale says that its kubelet did not renew its lease while it was looked at, which one alive does every 10 s
	// (https://kubernetes.io/docs/reference/node/node-status/#heartbeats); asked for chosen nodes only.
	Stale bool `json:"stale,omitempty"`
	// Leaving says that the node is being removed or shut down, Created when it was made.
	Leaving       bool      `json:"leaving,omitempty"`
	Created       time.Time `json:"created"`
	Unschedulable bool      `json:"unschedulable,omitempty"`
}
