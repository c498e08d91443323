package packets

import (
	"fmt"

	"github.com/akstools/akstools/internal/capture/pcap"
	"github.com/akstools/akstools/internal/capture/trace"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// ConnectionsAreAccepted finds who refuses connections, or does not answer to the first packet.
var ConnectionsAreAccepted = &check.Check{
	Code: "INS1104",
	Name: "connections-are-accepted",
	Hop:  hopHandshake,
	Doc: `the target accepts connections

A RST or an ICMP error in reply to the first packet refuses the connection. Where it was captured first tells who sent it: the pod itself,
where nothing listens on the port, or something on the way.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/basic-troubleshooting-inbound-traffic"},
	After:   []*check.Check{ConnectionsAreSeen},
	Needs:   []check.Need{facts.Packets},
	Run:     concluding(connecting, (*group).refusal, trace.Refused, trace.NoHandshake),
}

func (g *group) refusal() check.Finding {
	atPod := g.Near == g.Far
	conn := g.connections[0]
	server := conn.Seen[len(conn.Seen)-1].Server
	switch {
	case g.Kind == trace.NoHandshake && atPod:
		return g.finding(g.target(g.Near),
			fmt.Sprintf("%s receives the client's packets to port %d and does not answer", g.place(g.Near), server.Port()),
			"a firewall in the pod's network namespace drops them, or the queue of the app's socket is full",
			check.Fix{Title: "check whether the app still accepts connections, and the rules in its network namespace"})
	case g.Kind == trace.NoHandshake:
		return g.finding(g.target(g.Near), fmt.Sprintf("nothing answers to the packets that leave %s", g.located(g.Near)),
			"they are dropped on the way, or the target does not answer; packets were not captured further on",
			g.narrow()...)
	case atPod:
		cause := "nothing listens on the port in the pod"
		if g.Reason != "" && g.Reason != pcap.PortUnreachable {
			cause = fmt.Sprintf("a firewall in the pod's network namespace rejects it (%s)", g.Reason)
		}
		return g.finding(g.target(g.Near), fmt.Sprintf("%s refuses connections to port %d", g.place(g.Near), server.Port()), cause,
			check.Fix{Title: "let the app listen on the port, on all addresses, or let the Service target the port on which it listens"})
	}
	return g.finding(g.target(g.Near), fmt.Sprintf("connections are refused %s, not by the pod", g.stretch()), g.refusedBy(), g.narrow()...)
}

// refusedBy says what the refusal tells about who sent it.
func (g *group) refusedBy() string {
	if g.Reason == "" {
		return fmt.Sprintf("a RST with TTL %d comes from there: a firewall, a service mesh or kube-proxy rejects the connection", g.TTL)
	}
	by := ""
	for _, s := range g.connections[0].Seen {
		for _, e := range s.Errors {
			if e.Reason == g.Reason && by == "" {
				by = " of " + e.By.String()
			}
		}
	}
	if near, _ := g.stages(); near == trace.Client && g.Reason == pcap.PortUnreachable {
		return fmt.Sprintf("an ICMP error%s says %s: kube-proxy does so for a Service without ready endpoints, firewalls too", by, g.Reason)
	}
	return fmt.Sprintf("an ICMP error%s says %s: a firewall or a NetworkPolicy rejects the connection", by, g.Reason)
}
