package packets

import (
	"fmt"
	"time"

	"github.com/akstools/akstools/internal/capture/trace"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// appSource is about apps that do not answer.
const appSource = "https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/" +
	"connection-issues-application-hosted-aks-cluster"

// RequestsAreAnswered finds requests that arrive and are reset or not answered.
var RequestsAreAnswered = &check.Check{
	Code: "INS1108",
	Name: "requests-are-answered",
	Hop:  hopAnswer,
	Doc: `the target answers requests that arrive

A connection that is established and then reset, closed or silent is a matter of the app, unless something on the way sent the RST.`,
	Sources: []string{appSource},
	After:   []*check.Check{ConnectionsAreSeen},
	Needs:   []check.Need{facts.Packets},
	Run:     concluding(answering, (*group).silence, trace.Reset, trace.NoAnswer, trace.Closed),
}

func (g *group) silence() check.Finding {
	pod, target := g.place(g.Near), g.target(g.Near)
	log := g.readLog()
	switch {
	case g.Near != g.Far && g.Kind == trace.Reset:
		cause := fmt.Sprintf("the RST, with TTL %d, was not sent by the pod: a firewall, a service mesh or a load balancer sent it", g.TTL)
		if g.Usual != 0 && g.Usual != g.TTL {
			cause += fmt.Sprintf("; other packets of the server arrive with TTL %d", g.Usual)
		}
		return g.finding(target, "connections are reset "+g.stretch()+", before an answer", cause)
	case g.Kind == trace.Reset:
		return g.finding(target, pod+" resets connections before it answers", "the app crashes, or closes connections without reading them", log)
	case g.Kind == trace.Closed:
		return g.finding(target, pod+" closes connections without an answer", "the app does not understand the request, or fails", log)
	case g.connections[0].Protocol == "udp":
		f := g.finding(target, "datagrams arrive at "+pod+" and are not answered",
			"the app does not answer to them, which may be as it should: few protocols answer to what they do not understand", log)
		f.Severity = check.Warning
		return f
	}
	return g.finding(target, fmt.Sprintf("%s receives requests and does not answer within %s", pod, g.Took.Round(100*time.Millisecond)),
		"the app is slow or stuck, or waits for something else", log)
}

// AnswersAreNoErrors finds HTTP statuses that report a failure.
var AnswersAreNoErrors = &check.Check{
	Code: "INS1109",
	Name: "answers-are-no-errors",
	Hop:  hopAnswer,
	Doc: `answers report no failure

An HTTP status of 500 and above was sent by the place nearest to the target at which it was captured.`,
	Sources: []string{appSource},
	After:   []*check.Check{ConnectionsAreSeen},
	Needs:   []check.Need{facts.Packets},
	Run: concluding(answering, func(g *group) check.Finding {
		if g.Near != g.Far {
			return g.finding(g.target(g.Near), fmt.Sprintf("answers with HTTP status %d are sent %s", g.Status, g.stretch()),
				"a proxy on the way answers in place of the pod")
		}
		return g.finding(g.target(g.Near), fmt.Sprintf("%s answers with HTTP status %d", g.place(g.Near), g.Status),
			"the app itself, or a proxy in its pod, reports a failure", g.readLog())
	}, trace.ServerError),
}
