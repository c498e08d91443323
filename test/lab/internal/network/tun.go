package network

import (
	"context"
	"fmt"
	"strings"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

// TunDevice is the control plane's end of an old tunnel.
const TunDevice = "tun0"

// Tun creates a tun device in the control plane and routes nodes, pods and Services to it. While no process holds its
// other end, packets sent there are lost silently. Replies from the control plane's own ports take the direct route, as
// between the public addresses of a real cluster.
func Tun(ctx context.Context) error {
	var b strings.Builder
	fmt.Fprintf(&b, "tuntap add dev %[1]s mode tun\naddr add %[2]s/24 dev %[1]s\nlink set %[1]s up\n", TunDevice, layout.TunnelIP)
	for _, port := range []string{
		"tcp sport 443", fmt.Sprintf("tcp sport %d", layout.TunnelfrontPort), fmt.Sprintf("udp sport %d", layout.AksLinkPort),
	} {
		fmt.Fprintf(&b, "rule add pref 100 ipproto %s lookup main\n", port)
	}
	behind := []string{layout.ClusterCIDR, layout.ServiceCIDR}
	for _, n := range layout.Nodes() {
		behind = append(behind, n.IP)
	}
	for _, to := range behind {
		fmt.Fprintf(&b, "rule add pref 110 to %[1]s lookup 100\nroute add %[1]s dev %[2]s src %[3]s table 100\n", to, TunDevice, layout.TunnelIP)
	}
	return batch(ctx, layout.ControlPlaneNS, b.String())
}
