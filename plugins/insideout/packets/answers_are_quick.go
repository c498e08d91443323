package packets

import (
	"fmt"
	"time"

	"github.com/akstools/akstools/internal/capture/trace"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// AnswersAreQuick finds answers that take long.
var AnswersAreQuick = &check.Check{
	Code: "INS1110",
	Name: "answers-are-quick",
	Hop:  hopQuality,
	Doc: `answers begin within 2 seconds

The time is measured where the request arrives, so the network has no part in it.`,
	Sources: []string{appSource},
	After:   []*check.Check{ConnectionsAreSeen},
	Needs:   []check.Need{facts.Packets},
	Run: concluding(answering, func(g *group) check.Finding {
		f := g.finding(g.target(g.Near),
			fmt.Sprintf("%s takes %s to begin its answer", g.place(g.Near), g.Took.Round(100*time.Millisecond)),
			"the app is slow, or waits for something else", g.readLog())
		f.Severity = check.Warning
		return f
	}, trace.Slow),
}

// NothingIsSentAgain finds losses that were repaired.
var NothingIsSentAgain = &check.Check{
	Code: "INS1111",
	Name: "nothing-is-sent-again",
	Hop:  hopQuality,
	Doc: `few packets must be sent again

Losses that TCP repairs make connections slow: a first packet that is lost delays one by a second.`,
	Sources: []string{"https://learn.microsoft.com/azure/virtual-network/virtual-network-tcpip-performance-tuning"},
	After:   []*check.Check{ConnectionsAreSeen},
	Needs:   []check.Need{facts.Packets},
	Run: concluding(answering, func(g *group) check.Finding {
		who := "client"
		if g.Down {
			who = "target"
		}
		f := g.finding(g.target(g.Far), fmt.Sprintf("packets of the %s are lost %s, and arrive when they are sent again", who, g.stretch()),
			"the way is overloaded or faulty")
		f.Severity = check.Warning
		return f
	}, trace.Lossy),
}
