package trace

import (
	"cmp"
	"slices"
	"time"

	"github.com/akstools/akstools/internal/capture/pcap"
)

// Loss is what one place on the way saw of a flow and the next one did not.
type Loss struct {
	From int `json:"from"` // index of the place that saw it
	To   int `json:"to"`   // index of the place that did not
	// Down means that the server had sent it.
	Down bool `json:"down,omitempty"`
	// Packets are the numbers of the packets at From of which nothing arrived, ever: at most maxNumbers. Count is how many there are.
	Packets []int `json:"packets,omitempty"`
	Count   int   `json:"count,omitempty"`
	// SYN means that the first packet of the connection, or the answer to it, is one of them.
	SYN bool `json:"syn,omitempty"`
	// Smallest and Largest are sizes, in bytes, of the packets that never arrived, and of those with data that did.
	Smallest int `json:"smallest,omitempty"`
	Largest  int `json:"largest,omitempty"`
	// Recovered is how many bytes, at least, were lost and arrived when they were sent again. Sent is how many were sent.
	Recovered int64 `json:"recovered,omitempty"`
	Sent      int64 `json:"sent,omitempty"`
}

// lossBetween returns what the flow lost between two places, from a, which is nearer to the client. lost is false if nothing was, or if
// one of them did not capture everything.
func (j *joiner) lossBetween(a, b *Sighting, up bool) (l Loss, lost bool) {
	from, to, sent, arrived := a.Place, b.Place, &a.Up, &b.Up
	if !up {
		from, to, sent, arrived = b.Place, a.Place, &b.Down, &a.Down
	}
	here, there := j.places[from], j.places[to]
	if !here.Whole() || !there.Whole() || len(sent.segments) >= maxSegments || len(arrived.segments) >= maxSegments {
		return Loss{}, false
	}
	l = Loss{From: from, To: to, Down: !up, Largest: arrived.Largest}
	if a.protocol == pcap.UDP {
		return lostDatagrams(l, sent, arrived, there)
	}
	got := newCoverage(arrived.segments)
	total := int64(0)
	for _, s := range sent.segments {
		if !there.covers(s.at) {
			continue
		}
		total += int64(s.length)
		if arrived := got.covered(s); arrived < int64(s.length) {
			// it was cut into packets on its way, and such sizes pass, unless only the rest did that is left over behind larger ones
			if rest := got.end(s); arrived > 0 && (rest < arrived || 2*rest > int64(s.length)) {
				s.size = min(s.size, l.Largest)
			}
			l.add(s)
		}
	}
	for _, s := range arrived.segments {
		if there.covers(s.at) {
			total -= int64(s.length)
		}
	}
	l.Sent = sent.Bytes
	if l.Count == 0 {
		l.Recovered = max(total, 0)
	}
	return l, l.Count > 0 || l.Recovered > 0
}

// lostDatagrams counts: what carries no sequence number cannot be told apart.
func lostDatagrams(l Loss, sent, arrived *Flow, there Place) (Loss, bool) {
	covered := func(s segment) bool { return there.covers(s.at) }
	n := 0
	for _, s := range sent.segments {
		if covered(s) {
			n++
		}
	}
	l.Count = n - len(arrived.segments)
	if l.Count <= 0 {
		return Loss{}, false
	}
	if len(arrived.segments) == 0 {
		for _, s := range sent.segments {
			l.Packets = append(l.Packets, s.number)
		}
		l.Packets = l.Packets[:min(len(l.Packets), maxNumbers)]
	}
	return l, true
}

func (l *Loss) add(s segment) {
	l.Count++
	l.SYN = l.SYN || s.syn
	if len(l.Packets) < maxNumbers {
		l.Packets = append(l.Packets, s.number)
	}
	if l.Smallest == 0 || s.size < l.Smallest {
		l.Smallest = s.size
	}
}

// coverage is which parts of a sequence arrived. Sequence numbers are relative to base, so that they can wrap.
type coverage struct {
	base  uint32
	parts [][2]int64 // sorted, without overlaps
}

func newCoverage(segments []segment) coverage {
	if len(segments) == 0 {
		return coverage{}
	}
	c := coverage{base: segments[0].from}
	for _, s := range segments {
		from := c.relative(s.from)
		c.parts = append(c.parts, [2]int64{from, from + int64(s.length)})
	}
	slices.SortFunc(c.parts, func(a, b [2]int64) int { return cmp.Compare(a[0], b[0]) })
	merged := c.parts[:1]
	for _, p := range c.parts[1:] {
		if last := &merged[len(merged)-1]; p[0] <= last[1] {
			last[1] = max(last[1], p[1])
		} else {
			merged = append(merged, p)
		}
	}
	c.parts = merged
	return c
}

func (c coverage) relative(seq uint32) int64 { return int64(int32(seq - c.base)) }

// covered returns how many bytes of the segment arrived.
func (c coverage) covered(s segment) int64 {
	from := c.relative(s.from)
	to := from + int64(s.length)
	i, _ := slices.BinarySearchFunc(c.parts, from, func(p [2]int64, at int64) int {
		if p[1] <= at {
			return -1
		}
		return 1
	})
	total := int64(0)
	for ; i < len(c.parts) && c.parts[i][0] < to; i++ {
		total += min(to, c.parts[i][1]) - max(from, c.parts[i][0])
	}
	return total
}

// end returns how many bytes of the segment's end arrived.
func (c coverage) end(s segment) int64 {
	from := c.relative(s.from)
	to := from + int64(s.length)
	for _, p := range c.parts {
		if p[0] < to && p[1] >= to {
			return to - max(from, p[0])
		}
	}
	return 0
}

// began is when the place saw the first packet.
func (s *Sighting) began() time.Time {
	switch {
	case s.Up.Packets == 0:
		return s.Down.FirstAt
	case s.Down.Packets == 0 || s.Up.FirstAt.Before(s.Down.FirstAt):
		return s.Up.FirstAt
	}
	return s.Down.FirstAt
}
