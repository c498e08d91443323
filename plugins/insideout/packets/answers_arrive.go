package packets

import (
	"fmt"
	"slices"

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
		seen := g.connections[0].Seen
		i := slices.IndexFunc(seen, func(s trace.Sighting) bool { return s.Place == g.Near && s.OtherSource.IsValid() })
		switch {
		case i == 0:
			return g.finding(g.target(g.Near),
				fmt.Sprintf("the answer comes from %s, not from %s to which the client connects", seen[i].OtherSource, seen[i].Server),
				"it bypasses the place that translates the address, so the client rejects it", fix)
		case i > 0:
			return g.finding(g.target(g.Near),
				fmt.Sprintf("the answer passes %s with the address %s, not %s to which the request goes there, and is lost", g.place(g.Near),
					seen[i].OtherSource, seen[i].Server),
				"a rule before that translates its address, or it is another server's", check.Fix{
					Title: "find what translates the addresses of answers, such as a rule of nft or iptables, or a masquerade",
				})
		}
		return g.finding(g.target(g.Far),
			fmt.Sprintf("the answers of %s leave by another interface than requests come, and are lost", g.place(g.Far)),
			"the routes in its network namespace send them another way", fix)
	}, trace.OtherWay),
}
