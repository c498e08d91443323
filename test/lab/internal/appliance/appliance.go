// Package appliance is a transparent middlebox between the nodes and the API server, such as a firewall with TLS
// inspection: a machine of its own. While it is in the path, the switch sends it every packet from a node or its pods
// to the API server's port, and its replies have the API server's address.
package appliance

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/network"
	"github.com/akstools/akstools/test/lab/internal/process"
)

// processName is the appliance's name among the lab's processes.
const processName = "appliance"

// table is the appliance's table in the switch's nftables.
const table = "appliance"

// Insert puts the appliance into the path. Open connections do not pass through it: they are reset on their next
// packet.
func Insert(ctx context.Context, mode Mode) error {
	if err := process.End(ctx, processName); err != nil {
		return err
	}
	if err := process.Spawn(layout.Appliance, processName, nil, layout.Self(), Command, string(mode)); err != nil {
		return err
	}
	if err := waitListening(ctx); err != nil {
		return err
	}
	rule := "PREROUTING -i eth0 -p tcp -d " + layout.ControlPlaneIP + " --dport 443 -j REDIRECT --to-ports " + listenPort
	if err := process.Run(ctx, layout.Appliance, "sh", "-c",
		"iptables -t nat -C "+rule+" 2>/dev/null || iptables -t nat -A "+rule); err != nil {
		return err
	}
	mac, err := process.Output(ctx, layout.Appliance, "cat", "/sys/class/net/eth0/address")
	if err != nil {
		return err
	}
	var ports []string
	for _, n := range layout.Nodes() {
		ports = append(ports, network.Port(n.NetNS))
	}
	return network.Filter(ctx, table, fmt.Sprintf("iifname { %s } ip daddr %s tcp dport 443 ether daddr set %s",
		strings.Join(ports, ", "), layout.ControlPlaneIP, strings.TrimSpace(mac)))
}

// Remove takes the appliance out of the path and ends the connections through it. It does nothing if it is not in the
// path.
func Remove(ctx context.Context) error {
	// stop the process first, so that its connections end while their packets still reach the clients
	if err := process.End(ctx, processName); err != nil {
		return err
	}
	return network.Unfilter(ctx, table)
}

func waitListening(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for process.Run(ctx, layout.Appliance, "nc", "-z", "127.0.0.1", listenPort) != nil {
		if ctx.Err() != nil || !process.Running(processName) {
			return fmt.Errorf(
				"the appliance does not listen on %s; its log is %s", net.JoinHostPort(layout.ApplianceIP, listenPort),
				layout.In("logs", processName+".log"),
			)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil
}
