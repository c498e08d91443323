package cluster

import (
	"context"

	"github.com/akstools/akstools/test/lab/internal/cloudprovider"
	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/loadbalancer"
	"github.com/akstools/akstools/test/lab/internal/policy"
	"github.com/akstools/akstools/test/lab/internal/process"
)

// startApps starts the load balancer and the enforcer of NetworkPolicies in a lab with apps, and with Azure its cloud provider.
func (l Lab) startApps(ctx context.Context) error {
	if !l.Apps {
		return nil
	}
	if err := process.Spawn(layout.LoadBalancer, loadbalancer.ProcessName, nil, layout.Self(), loadbalancer.Command); err != nil {
		return err
	}
	if l.Azure {
		if err := cloudprovider.Start(ctx, l.provider, l.Pools); err != nil {
			return err
		}
	}
	return process.Spawn(layout.ControlPlane, policy.ProcessName, nil, layout.Self(), policy.Command)
}
