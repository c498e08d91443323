package network

import (
	"fmt"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

// routes are those past the edge of the cluster, by the machines that have them: to the frontends of the load balancer and to data
// services, and back from nodes and the appliance to the client, which with Azure has an address in the internet for the frontends that
// are there.
type routes struct{ controlPlane, client, nodes, back string }

func edge(apps, azure bool) (r routes) {
	switch {
	case azure:
		frontends := fmt.Sprintf("route add %s via %s\n", layout.PublicCIDR, layout.LoadBalancerIP)
		r.controlPlane, r.nodes = frontends, frontends
		r.client = fmt.Sprintf("addr add %[1]s/32 dev eth0\nroute add %[2]s via %[3]s src %[1]s\n", layout.InternetIP, layout.PublicCIDR,
			layout.LoadBalancerIP)
		r.back = fmt.Sprintf("route add %s via %s\n", layout.InternetCIDR, layout.ClientIP)
		r.nodes += fmt.Sprintf("route add %s dev eth0\n", layout.TargetCIDR)
	case apps:
		r.nodes = fmt.Sprintf("route add %s via %s\n", layout.FrontendCIDR, layout.LoadBalancerIP)
		r.client = r.nodes
	}
	return r
}
