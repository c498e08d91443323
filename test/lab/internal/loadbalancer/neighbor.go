package loadbalancer

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// prepareNeighbor creates the device to which the machine seems to route internal frontends: it answers for the address of a neighbor only
// if its route leads to another device than the question came from.
func prepareNeighbor(ctx context.Context) error {
	_ = run(ctx, "", "ip", "link", "add", "frontends", "type", "bridge") // an earlier process may have left it
	if err := run(ctx, "", "ip", "link", "set", "frontends", "up"); err != nil {
		return err
	}
	return os.WriteFile("/proc/sys/net/ipv4/neigh/eth0/proxy_delay", []byte("0"), 0o644)
}

// answerFor makes the machine answer, in the nodes' network, for the addresses and no others: Azure's network does so for the frontends of
// internal load balancers.
func answerFor(ctx context.Context, addresses []string) error {
	lines := strings.Builder{}
	lines.WriteString("route flush dev frontends\n")
	for _, a := range addresses {
		fmt.Fprintf(&lines, "route replace %s dev frontends\nneigh replace proxy %s dev eth0\n", a, a)
	}
	return run(ctx, lines.String(), "ip", "-batch", "-")
}
