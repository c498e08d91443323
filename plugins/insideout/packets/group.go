package packets

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/capture/trace"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// group are connections with the same outcome at the same place.
type group struct {
	*trace.Capture
	trace.Outcome // of the first
	connections   []*trace.Connection
	total         int // connections in all
}

// key tells groups apart.
type key struct {
	kind      trace.Kind
	near, far int
	down      bool
	detail    string
}

// progress is how far a connection came.
type progress int

const (
	arriving progress = iota
	connecting
	replying
	encrypting
	answering
)

// progressOf returns how far a connection with that outcome came.
func progressOf(k trace.Kind) progress {
	switch k {
	case trace.LostThere, trace.TooLarge, trace.Unclear:
		return arriving
	case trace.Refused, trace.NoHandshake:
		return connecting
	case trace.LostBack, trace.OtherWay:
		return replying
	case trace.TLSFailed, trace.NotTLS:
		return encrypting
	}
	return answering
}

// concluding returns the Run of a check that has a finding for each group of connections of these kinds, and that does not apply if no
// connection came so far that it could have failed there.
func concluding(level progress, conclude func(*group) check.Finding, kinds ...trace.Kind) func(*check.Pass) ([]check.Finding, error) {
	return func(p *check.Pass) ([]check.Finding, error) {
		c, err := facts.Packets.Get(p)
		if err != nil {
			return nil, err
		}
		found, unclear, furthest, err := groups(&c, kinds)
		if err != nil {
			return nil, err
		}
		var findings []check.Finding
		for _, g := range found {
			findings = append(findings, conclude(g))
		}
		switch {
		case len(findings) > 0:
		case level == arriving && len(unclear) > 0:
			return nil, errors.New(strings.Join(unclear, "; "))
		case furthest < level:
			p.Skip("no connection came that far")
		}
		return findings, nil
	}
}

// groups returns the connections of these kinds, grouped, why the outcome of others is unclear, and how far any connection came.
func groups(c *trace.Capture, kinds []trace.Kind) (found []*group, unclear []string, furthest progress, err error) {
	byKey := map[key]*group{}
	for i := range c.Connections {
		conn := &c.Connections[i]
		if !c.Valid(conn) {
			return nil, nil, 0, errors.New("a connection names a place that does not exist")
		}
		o := c.Of(conn)
		furthest = max(furthest, progressOf(o.Kind))
		if o.Kind == trace.Unclear && !slices.Contains(unclear, o.Why) {
			unclear = append(unclear, o.Why)
		}
		if !slices.Contains(kinds, o.Kind) {
			continue
		}
		k := key{o.Kind, o.Near, o.Far, o.Down, fmt.Sprint(o.Reason, o.Status, o.Alert)}
		g := byKey[k]
		if g == nil {
			g = &group{Capture: c, Outcome: o, total: len(c.Connections)}
			byKey[k] = g
			found = append(found, g)
		}
		g.connections = append(g.connections, conn)
	}
	return found, unclear, furthest, nil
}

// rare is the part of the connections, as 1 in rare, below which a fault is a warning only.
const rare = 10

// finding returns a finding about the group.
func (g *group) finding(target check.Ref, summary, cause string, fixes ...check.Fix) check.Finding {
	f := check.Finding{Severity: check.Error, Target: target, Summary: summary, Cause: cause, Fixes: fixes}
	if len(g.connections)*rare < g.total {
		f.Severity = check.Warning
	}
	if n := len(g.connections); g.total > 1 {
		f.Summary += fmt.Sprintf(" (%d of %d connections)", n, g.total)
	}
	f.Evidence = []check.Evidence{{Source: g.command("-w", "packets"), Lines: g.lines()}}
	return f
}

// maxLines bounds the evidence of a finding.
const maxLines = 8

// lines are the packets that show what became of the first connection, place by place.
func (g *group) lines() []string {
	conn := g.connections[0]
	var lines []string
	for i := range conn.Seen {
		s := &conn.Seen[i]
		place := g.Places[s.Place]
		text := fmt.Sprintf("%s: %s to %s, %s and %s back", place.Name, s.Client, s.Server, packets(s.Up.Packets), packets(s.Down.Packets))
		var numbers []string
		for _, at := range g.Packets {
			if at.Place == s.Place {
				numbers = append(numbers, fmt.Sprint(at.Packet))
			}
		}
		if len(numbers) > 0 {
			text += "; see " + noun(len(numbers), "packet") + " " + strings.Join(numbers, ", ")
		}
		if place.File != "" {
			text += " of " + place.File
		}
		lines = append(lines, text)
	}
	for _, i := range conn.Missed {
		lines = append(lines, g.Places[i].Name+": no packet of this connection")
	}
	return lines[:min(len(lines), maxLines)]
}

func packets(n int) string { return fmt.Sprintf("%d %s", n, noun(n, "packet")) }

func noun(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// place returns the name of the place with that index; -1: of what is behind it.
func (g *group) place(i int) string {
	if i < 0 {
		return "the target"
	}
	return g.Places[i].Name
}

// stretch names the two places between which something happened, with their nodes.
func (g *group) stretch() string {
	if g.Far >= 0 && g.Places[g.Near].Node != "" && g.Places[g.Near].Node == g.Places[g.Far].Node {
		return fmt.Sprintf("on node %s, between %s and %s", g.Places[g.Near].Node, g.inside(g.Near), g.inside(g.Far))
	}
	return "between " + g.located(g.Near) + " and " + g.located(g.Far)
}

// inside names a place whose node is known from the context.
func (g *group) inside(i int) string {
	if p := g.Places[i]; p.Stage == trace.Client && p.Pod != "" || p.Stage == trace.Server {
		return p.Name
	}
	return "its outer interface"
}

// located names a place with its node; -1: what is behind the last.
func (g *group) located(i int) string {
	if i < 0 {
		if missed := g.connections[0].Missed; len(missed) > 1 {
			return "the pods"
		}
		return "the target"
	}
	p := g.Places[i]
	if p.Node == "" || p.Pod == "" {
		return p.Name
	}
	return p.Name + " on node " + p.Node
}

// stages are those of the places of the outcome; far is trace.Server if the place behind is unknown.
func (g *group) stages() (near, far trace.Stage) {
	near, far = g.Places[g.Near].Stage, trace.Server
	if g.Far >= 0 {
		far = g.Places[g.Far].Stage
	}
	return near, far
}

// target is the object of a finding: the pod of the place, else what was captured for.
func (g *group) target(place int) check.Ref {
	if place >= 0 {
		if namespace, name, ok := strings.Cut(g.Places[place].Pod, "/"); ok {
			return check.Ref{Kind: "pod", Namespace: namespace, Name: name}
		}
		if n := g.Places[place].Node; n != "" {
			return check.Ref{Kind: "node", Name: n}
		}
	}
	return check.Ref{Kind: "client", Name: "here"}
}
