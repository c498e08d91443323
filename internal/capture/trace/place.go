// Package trace joins packets that were captured at several places on their way, and tells what became of each connection: where its
// packets were last seen, who refused it, what was lost between two places.
package trace

import (
	"net/netip"
	"time"
)

// Stage is how far from the client a place is.
type Stage int

// The stages of the way.
const (
	Client     Stage = iota // the network namespace of the client
	ClientNode              // the outer interface of the client's node
	ServerNode              // the outer interface of the pod's node
	Server                  // the network namespace of a pod that serves
)

// Place is where packets were captured. Times are those of this computer's clock.
type Place struct {
	Name  string `json:"name"` // such as "pod shop/web-0"
	Stage Stage  `json:"stage"`
	Node  string `json:"node,omitempty"` // empty: it is on none
	// Pod is the pod whose network namespace it is, with its namespace; empty: none's.
	Pod string `json:"pod,omitempty"`
	// Temporary means that the pod was created for the capture, and removed afterwards.
	Temporary bool         `json:"temporary,omitempty"`
	Addresses []netip.Addr `json:"addresses,omitempty"` // of the pod
	From      time.Time    `json:"from"`                // when capturing had begun
	Until     time.Time    `json:"until"`               // when it was told to stop, or reached a bound
	Packets   int          `json:"packets"`             // how many were captured
	// Dropped is how many packets the kernel dropped because they were not read in time.
	Dropped int `json:"dropped,omitempty"`
	// Bound is the bound at which capturing ended early; empty: none.
	Bound string `json:"bound,omitempty"`
	// Offset is how far the place's clock is ahead, and Uncertainty how exactly that is known.
	Offset      time.Duration `json:"offset"`
	Uncertainty time.Duration `json:"uncertainty"`
	File        string        `json:"file,omitempty"` // with its packets; empty: none was written
}

// Whole reports whether no packet is missing that passed the place from From to Until.
func (p Place) Whole() bool { return p.Dropped == 0 && p.Bound == "" }

// covers reports whether the place captured at that time for certain.
func (p Place) covers(at time.Time) bool {
	return !at.Before(p.From.Add(p.Uncertainty)) && !at.After(p.Until.Add(-p.Uncertainty-settle))
}

// settle is how long a packet may take from one place to the next.
const settle = 200 * time.Millisecond

// Capture is what was captured, without what the packets carried.
type Capture struct {
	// Target is what connections lead to, as kubectl names it, in Namespace.
	Target    string  `json:"target"`
	Namespace string  `json:"namespace"`
	Places    []Place `json:"places"`
	// Filter is the user's expression that packets had to match; empty: those for the server's ports.
	Filter string `json:"filter,omitempty"`
	// Others is how many pods serve besides those at which packets were captured.
	Others int `json:"others,omitempty"`
	// Sent is what became of the requests that this program made, as their sender saw it; empty: it made none.
	Sent        []string     `json:"sent,omitempty"`
	Connections []Connection `json:"connections"`
}

// TLS reports whether one end of the connection spoke TLS.
func (c *Connection) TLS() bool {
	for i := range c.Seen {
		if c.Seen[i].Up.TLS || c.Seen[i].Down.TLS {
			return true
		}
	}
	return false
}

// Valid reports whether the places that the connection names exist, and it was seen at one at least. A capture from a file may hold
// anything.
func (c *Capture) Valid(conn *Connection) bool {
	exists := func(i int) bool { return i >= 0 && i < len(c.Places) }
	for i := range conn.Seen {
		if !exists(conn.Seen[i].Place) {
			return false
		}
	}
	for _, i := range conn.Missed {
		if !exists(i) {
			return false
		}
	}
	for _, l := range conn.Losses {
		if !exists(l.From) || !exists(l.To) {
			return false
		}
	}
	return len(conn.Seen) > 0
}
