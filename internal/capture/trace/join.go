package trace

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/akstools/akstools/internal/capture/pcap"
)

// Connection is one connection, or the datagrams between two sockets, as the places on its way saw it.
type Connection struct {
	Protocol pcap.Protocol `json:"protocol"`
	// Seen are the sightings from the client to the server. There is one at least.
	Seen []Sighting `json:"seen"`
	// Missed are the indices of the places of the next stage, if no place there saw it: it should have passed one of them.
	Missed []int  `json:"missed,omitempty"`
	Losses []Loss `json:"losses,omitempty"`
	// Begun reports whether its first packet was captured after all places had begun to capture.
	Begun bool `json:"begun,omitempty"`
}

// Request is what is looked for in captures.
type Request struct {
	// Ports are those on which the server listens, at any of its addresses.
	Ports []uint16
	// Servers are the addresses to which clients connect. Empty: any.
	Servers []netip.Addr
}

// maxConnections bounds how many connections are returned.
const maxConnections = 500

// Join returns the connections whose packets were captured, in the order in which they began; at most maxConnections. packets are those
// of each place.
func Join(places []Place, packets [][]pcap.Packet, r Request) []Connection {
	j := joiner{places: places, request: r, bySequence: map[uint32]*joined{}, byEnds: map[ends]*joined{}, byID: map[datagram]*joined{}}
	order := make([]int, len(places))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(places[a].Stage, places[b].Stage) })
	for _, i := range order {
		for _, s := range sightings(i, packets[i], places[i].Offset, r.Ports) {
			j.add(s)
		}
	}
	return j.connections()
}

// joiner joins sightings, which it is given in the order of their stages.
type joiner struct {
	places     []Place
	request    Request
	all        []*joined
	bySequence map[uint32]*joined // TCP
	byEnds     map[ends]*joined
	byID       map[datagram]*joined // UDP
}

// joined are sightings of one connection.
type joined struct{ seen []*Sighting }

// datagram tells datagrams apart that pass through NAT.
type datagram struct {
	id   uint16
	size int
}

func (j *joiner) add(s *Sighting) {
	key := endsOf(s.protocol, s.Client, s.Server)
	id := datagram{s.idOfUp, s.size}
	var c *joined
	switch {
	case s.protocol == pcap.TCP && s.known:
		c = j.bySequence[s.isn]
	case j.byEnds[key] != nil:
		c = j.byEnds[key]
	case s.protocol == pcap.UDP && id.id != 0:
		c = j.byID[id]
	}
	if c != nil && c.translated(s) {
		return
	}
	if c != nil && c.has(j.places[s.Place].Stage, j.places) {
		c = nil // another connection at the same place
	}
	if c == nil {
		c = &joined{}
		j.all = append(j.all, c)
	}
	c.seen = append(c.seen, s)
	j.byEnds[key] = c
	if s.known {
		j.bySequence[s.isn] = c
	}
	if s.protocol == pcap.UDP && id.id != 0 {
		j.byID[id] = c
	}
}

// has reports whether a place of the stage saw the connection already.
func (c *joined) has(stage Stage, places []Place) bool {
	return slices.ContainsFunc(c.seen, func(s *Sighting) bool { return places[s.Place].Stage == stage })
}

// translated reports whether s is a connection that its place saw already, before its addresses were translated there: as a node does
// that captures on all of its interfaces.
func (c *joined) translated(s *Sighting) bool {
	return s.known && slices.ContainsFunc(c.seen, func(before *Sighting) bool {
		return before.Place == s.Place && before.known && before.isn == s.isn && s.began().Sub(before.began()) < settle
	})
}

// connections returns those that were asked for.
func (j *joiner) connections() []Connection {
	hasClient := slices.ContainsFunc(j.places, func(p Place) bool { return p.Stage == Client })
	var all []Connection
	for _, c := range j.all {
		first := c.seen[0]
		if hasClient && j.places[first.Place].Stage != Client || !j.wanted(c) || c.stray() {
			continue
		}
		all = append(all, j.connection(c))
	}
	slices.SortStableFunc(all, func(a, b Connection) int { return a.Seen[0].began().Compare(b.Seen[0].began()) })
	return all[:min(len(all), maxConnections)]
}

// stray reports whether all that was seen are resets by the server, without anything that they answer. A second reset is no longer
// translated, since the first one ended the connection for the kernel that translates: it bears the address of the pod.
func (c *joined) stray() bool {
	return !slices.ContainsFunc(c.seen, func(s *Sighting) bool {
		return s.Up.Packets > 0 || s.Down.Reset == 0 || len(s.Down.segments) > 0 || len(s.Errors) > 0
	})
}

// wanted reports whether the connection leads to the server.
func (j *joiner) wanted(c *joined) bool {
	for _, s := range c.seen {
		if p := j.places[s.Place]; p.Stage == Server {
			return slices.Contains(p.Addresses, s.Server.Addr())
		}
	}
	server := c.seen[0].Server
	return (len(j.request.Servers) == 0 || slices.Contains(j.request.Servers, server.Addr())) &&
		(len(j.request.Ports) == 0 || slices.Contains(j.request.Ports, server.Port()))
}

func (j *joiner) connection(c *joined) Connection {
	all := Connection{Protocol: c.seen[0].protocol, Begun: true}
	for _, s := range c.seen {
		all.Seen = append(all.Seen, *s)
	}
	for _, p := range j.places {
		if all.Seen[0].began().Before(p.From.Add(p.Uncertainty)) {
			all.Begun = false
		}
	}
	last := j.places[all.Seen[len(all.Seen)-1].Place]
	all.Missed = j.after(last)
	for i := range len(all.Seen) - 1 {
		for _, up := range []bool{true, false} {
			if l, lost := j.lossBetween(&all.Seen[i], &all.Seen[i+1], up); lost {
				all.Losses = append(all.Losses, l)
			}
		}
	}
	return all
}

// after returns the places of the next stage behind the last place at which a connection was seen: nil if there are none.
func (j *joiner) after(last Place) []int {
	for stage := last.Stage + 1; stage <= Server; stage++ {
		if stage != Server && j.bypassed() {
			continue
		}
		var found []int
		for i, p := range j.places {
			if p.Stage == stage && (last.Stage != ServerNode || p.Node == last.Node) {
				found = append(found, i)
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// bypassed reports whether a connection may not pass the outer interfaces of nodes, because a pod is on the client's node.
func (j *joiner) bypassed() bool {
	for _, client := range j.places {
		for _, server := range j.places {
			if client.Stage == Client && server.Stage == Server && client.Node != "" && client.Node == server.Node {
				return true
			}
		}
	}
	return false
}
