package trace

import (
	"time"

	"github.com/akstools/akstools/internal/capture/pcap"
)

// Kind is what became of a connection.
type Kind string

// The kinds. Those up to ServerError are faults.
const (
	Works       Kind = ""
	LostThere   Kind = "lost there" // what the client sent was lost between two places
	LostBack    Kind = "lost back"  // what the server sent was
	OtherWay    Kind = "other way"  // the answer took another way than the request, and did not arrive or was not accepted
	Refused     Kind = "refused"    // by a RST or an ICMP error, before it was established
	Reset       Kind = "reset"      // after it was established
	NoHandshake Kind = "no handshake"
	NoAnswer    Kind = "no answer" // the request arrived
	Closed      Kind = "closed"    // without an answer
	TooLarge    Kind = "too large" // only large packets are lost
	TLSFailed   Kind = "TLS failed"
	NotTLS      Kind = "not TLS" // the client speaks TLS and the server plain HTTP
	ServerError Kind = "server error"
	Slow        Kind = "slow"
	Lossy       Kind = "lossy" // what was lost arrived when it was sent again
	Unclear     Kind = "unclear"
)

// At is a packet: its place, by its index, and its number there.
type At struct{ Place, Packet int }

// Outcome is what became of a connection, and where.
type Outcome struct {
	Kind Kind
	// Near and Far are the places between which it happened, Near nearer to the client; -1: there is none. If it happened at one place,
	// both are that.
	Near, Far int
	Down      bool // it happened to what the server sent
	Packets   []At // that show it

	Reason pcap.Reason // of Refused by an ICMP error, and of TooLarge if an ICMP error says so; empty: none was seen
	TTL    uint8       // of the RST
	Usual  uint8       // the TTL of the server's other packets at that place; 0: unknown
	Alert  pcap.Alert
	Status int
	Size   int           // TooLarge: the largest packet with data that arrived; Lossy: bytes that were sent again
	Lost   int           // TooLarge: the smallest packet that did not
	MTU    uint32        // TooLarge: what the ICMP error asks for
	Took   time.Duration // Slow: until the answer began; NoAnswer: how long none came
	Times  int           // LostThere, NoHandshake: how often the first packet was sent
	Why    string        // Unclear
}

const (
	// patience is how long something must not have come before it counts as lost.
	patience = 900 * time.Millisecond
	// slow is from when on an answer is slow.
	slow = 2 * time.Second
	// loud is the part of what was sent, as 1 in loud, from which on losses are worth a word if they could be repaired.
	loud = 100
	// few is how many bytes may be lost unnoticed: two packets.
	few = 2 * 1448
)

// Of returns what became of the connection.
func (c *Capture) Of(conn *Connection) Outcome {
	j := judge{c, conn}
	if conn.Protocol == pcap.UDP {
		return j.datagrams()
	}
	if conn.Begun && len(conn.Seen[0].Down.SYNs) == 0 || conn.Seen[0].OtherSource.IsValid() {
		return j.notEstablished()
	}
	for _, decide := range []func() (Outcome, bool){
		j.tooLarge, j.lostData, j.tls, j.reset, j.unanswered, j.serverError, j.slowly, j.lossy,
	} {
		if o, ok := decide(); ok {
			return o
		}
	}
	return Outcome{Kind: Works, Near: -1, Far: -1}
}

// judge finds out what became of a connection.
type judge struct {
	*Capture
	*Connection
}

// at returns an outcome at one place.
func at(kind Kind, s *Sighting, packets ...int) Outcome {
	o := Outcome{Kind: kind, Near: s.Place, Far: s.Place}
	return o.with(s, packets...)
}

// with adds packets of the place.
func (o Outcome) with(s *Sighting, packets ...int) Outcome {
	for _, n := range packets {
		if n > 0 {
			o.Packets = append(o.Packets, At{s.Place, n})
		}
	}
	return o
}

// deepest returns the sighting that is nearest to the server.
func (j judge) deepest() *Sighting { return &j.Seen[len(j.Seen)-1] }

// atServer reports whether the connection was seen at the pod that serves.
func (j judge) atServer() bool { return j.Places[j.deepest().Place].Stage == Server }

// until is when the last of the places that matter stopped, or the client gave up.
func (j judge) until() time.Time {
	end := j.Places[j.Seen[0].Place].Until
	for _, s := range j.Seen {
		if p := j.Places[s.Place]; p.Until.Before(end) {
			end = p.Until
		}
	}
	return end
}

// absent returns why that a packet was not seen at the places proves nothing; empty: it does.
func (j judge) absent(places []int) string {
	switch {
	case j.Filter != "":
		return "packets may have been excluded by the filter, since addresses and ports change on the way"
	case len(places) > 0 && j.Places[places[0]].Stage == Server && j.Others > 0:
		return "they may have gone to a pod that was not captured"
	}
	for _, i := range places {
		if p := j.Places[i]; !p.Whole() {
			return "the capture at " + p.Name + " is not complete"
		}
	}
	return ""
}

// unclear is an outcome that is not known.
func (j judge) unclear(why string) Outcome {
	return Outcome{Kind: Unclear, Near: j.deepest().Place, Far: -1, Why: why}
}
