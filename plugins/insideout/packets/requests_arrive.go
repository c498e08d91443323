package packets

import (
	"fmt"

	"github.com/akstools/akstools/internal/capture/trace"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// RequestsArrive finds requests that are lost on their way.
var RequestsArrive = &check.Check{
	Code: "INS1102",
	Name: "requests-arrive",
	Hop:  hopRequest,
	Doc: `the client's packets arrive at the target

Packets that were captured at one place on the way, and not at the next, were dropped between the two.`,
	Sources: []string{
		"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/connection-issues-application-hosted-aks-cluster",
		tcpdumpSource,
	},
	After: []*check.Check{ConnectionsAreSeen},
	Needs: []check.Need{facts.Packets},
	// a connection of which nothing is known does not outweigh what is known of others
	Explains: true,
	Run: concluding(arriving, func(g *group) check.Finding {
		what := fmt.Sprintf("packets of the client are lost %s", g.stretch())
		if g.Times > 1 && g.connections[0].Seen[0].Down.Packets == 0 {
			what = fmt.Sprintf("the client's first packet, sent %d times, is lost %s", g.Times, g.stretch())
		}
		target := g.target(g.Far)
		if g.Far < 0 {
			target = g.target(g.Near)
		}
		return g.finding(target, what, g.droppedBy(), g.narrow()...)
	}, trace.LostThere),
}
