package packets

import (
	"fmt"

	"github.com/akstools/akstools/internal/capture/trace"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// AnswersArrive finds answers that are lost on their way back.
var AnswersArrive = &check.Check{
	Code: "INS1105",
	Name: "answers-arrive",
	Hop:  hopReply,
	Doc: `the target's answers arrive at the client

To the client, an answer that is lost looks like a target that does not answer.`,
	Sources: []string{tcpdumpSource},
	After:   []*check.Check{ConnectionsAreSeen},
	Needs:   []check.Need{facts.Packets},
	Run: concluding(replying, func(g *group) check.Finding {
		return g.finding(g.target(g.Far), "the answers of the target are lost "+g.stretch(), g.droppedBy(), g.narrow()...)
	}, trace.LostBack),
}

// AnswersReturnTheSameWay finds answers that take another way than requests, and fail.
var AnswersReturnTheSameWay = &check.Check{
	Code: "INS1106",
	Name: "answers-return-the-same-way",
	Hop:  hopReply,
	Doc: `answers return the way on which requests come

Address translation and stateful firewalls must see both directions of a connection: an answer that bypasses them is dropped, or has an
address with which the client cannot do anything.`,
	Sources: []string{"https://learn.microsoft.com/azure/firewall/integrate-lb#asymmetric-routing"},
	After:   []*check.Check{ConnectionsAreSeen},
	Needs:   []check.Need{facts.Packets},
	Run: concluding(replying, func(g *group) check.Finding {
		fix := check.Fix{Title: "correct the routes so that answers leave by the interface on which requests come"}
		if first := g.connections[0].Seen[0]; first.OtherSource.IsValid() {
			return g.finding(g.target(g.Near),
				fmt.Sprintf("the answer comes from %s, not from %s to which the client connects", first.OtherSource, first.Server),
				"it bypasses the place that translates the address, so the client rejects it", fix)
		}
		return g.finding(g.target(g.Far),
			fmt.Sprintf("the answers of %s leave by another interface than requests come, and are lost", g.place(g.Far)),
			"the routes in its network namespace send them another way", fix)
	}, trace.OtherWay),
}
