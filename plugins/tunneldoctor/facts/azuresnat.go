package facts

import (
	"context"
	"net/netip"
	"time"

	"github.com/akstools/akstools/internal/azure"
)

// AzureSNAT is how the cluster's load balancer translates connections that leave the virtual network, and what it counted.
type AzureSNAT struct {
	Outbound azure.Outbound  `json:"outbound,omitzero"`
	Error    string          `json:"error,omitempty"` // why it could not be read
	Uses     []azure.SNATUse `json:"uses,omitempty"`
	// UsesError is why what it counted could not be read.
	UsesError string `json:"usesError,omitempty"`
}

// snat reads the load balancer and its counts, if nodes get no answer from outside and their connections are translated by it.
func (r *azureReader) snat(ctx context.Context, needed bool) {
	if !needed || !r.info.Cluster.UsesLoadBalancer() {
		return
	}
	s := &AzureSNAT{}
	r.info.SNAT = s
	var err error
	if s.Outbound, err = azure.OutboundOf(ctx, r.client, r.info.Cluster.NodeGroup); err != nil {
		s.Error = err.Error()
		return
	}
	if s.Uses, err = azure.SNATUses(ctx, r.client, s.Outbound.LoadBalancer, time.Now()); err != nil {
		s.UsesError = err.Error()
	}
}

// Rule returns the load balancer's outbound rule; nil if it has none, or several of which each may be that of a node.
func (s AzureSNAT) Rule() *azure.OutboundRule {
	if len(s.Outbound.Rules) != 1 {
		return nil
	}
	return &s.Outbound.Rules[0]
}

// Use returns what the load balancer counted for the machine of the address; nil: nothing.
func (s AzureSNAT) Use(machine netip.Addr) *azure.SNATUse {
	for i := range s.Uses {
		if s.Uses[i].Address == machine {
			return &s.Uses[i]
		}
	}
	return nil
}
