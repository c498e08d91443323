package packets

import (
	"fmt"

	"github.com/akstools/akstools/internal/capture/trace"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// LargePacketsArrive finds that only small packets arrive.
var LargePacketsArrive = &check.Check{
	Code: "INS1103",
	Name: "large-packets-arrive",
	Hop:  hopRequest,
	Doc: `large packets arrive as well as small ones

Connections are established and then stall where a link on the way has a smaller MTU, and the ICMP message that would tell the sender is
dropped.`,
	Sources: []string{"https://learn.microsoft.com/azure/virtual-network/virtual-network-tcpip-performance-tuning"},
	After:   []*check.Check{ConnectionsAreSeen},
	Needs:   []check.Need{facts.Packets},
	Run: concluding(arriving, func(g *group) check.Finding {
		who := "client"
		if g.Down {
			who = "target"
		}
		what := fmt.Sprintf("packets of the %s of %d bytes and more are lost %s", who, g.Lost, g.stretch())
		cause := "a link on the way has a smaller MTU, and no ICMP message tells the sender so"
		if g.Size > 0 {
			cause += fmt.Sprintf("; packets of %d bytes arrive", g.Size)
		}
		if g.Reason != "" {
			cause = "a link on the way has a smaller MTU, and the ICMP message that tells so does not arrive or is not heeded"
			if g.MTU > 0 {
				cause += fmt.Sprintf("; it requires at most %d bytes", g.MTU)
			}
		}
		return g.finding(g.target(g.Far), what, cause,
			check.Fix{Title: "allow ICMP \"fragmentation needed\" (type 3, code 4; for IPv6 type 2) on the way"},
			check.Fix{Title: "lower the MTU of the pods' interfaces to that of the link, as the network plug-in's configuration does"})
	}, trace.TooLarge),
}
