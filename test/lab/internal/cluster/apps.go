package cluster

import (
	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/loadbalancer"
	"github.com/akstools/akstools/test/lab/internal/policy"
	"github.com/akstools/akstools/test/lab/internal/process"
)

// startApps launches what a lab with apps has around the nodes: the load balancer, and what enforces NetworkPolicies.
func (l Lab) startApps() error {
	if !l.Apps {
		return nil
	}
	if err := process.Spawn(layout.LoadBalancer, loadbalancer.ProcessName, nil, layout.Self(), loadbalancer.Command); err != nil {
		return err
	}
	return process.Spawn(layout.ControlPlane, policy.ProcessName, nil, layout.Self(), policy.Command)
}
