package trace

import (
	"slices"

	"github.com/akstools/akstools/internal/capture/pcap"
)

// notEstablished tells why the client never got an answer to its SYN.
func (j judge) notEstablished() Outcome {
	if o, ok := j.refused(); ok {
		return o
	}
	if o, ok := j.lostAnswer(); ok {
		return o
	}
	return j.lostRequest()
}

// refused finds the RST or the ICMP error that refuses the connection, where it was seen first.
func (j judge) refused() (Outcome, bool) {
	for i := range slices.Backward(j.Seen) {
		s := &j.Seen[i]
		for _, e := range s.Errors {
			if !e.Down && e.Reason != pcap.TooBig {
				o := j.between(Refused, i).with(s, e.Packet)
				o.Reason = e.Reason
				return o, true
			}
		}
		if s.Down.Reset > 0 && len(s.Down.SYNs) == 0 {
			o := j.between(Refused, i).with(s, s.Up.First, s.Down.Reset)
			o.TTL = s.Down.RSTTTL
			return o, true
		}
	}
	return Outcome{}, false
}

// between returns an outcome between the i-th sighting and the next place behind it; at the place itself if that is the server's.
func (j judge) between(kind Kind, i int) Outcome {
	s := &j.Seen[i]
	o := Outcome{Kind: kind, Near: s.Place, Far: -1}
	switch {
	case j.Places[s.Place].Stage == Server:
		o.Far = s.Place
	case i+1 < len(j.Seen):
		o.Far = j.Seen[i+1].Place
	case len(j.Missed) == 1:
		o.Far = j.Missed[0]
	}
	return o
}

// lostAnswer finds where the answer to the SYN was seen last.
func (j judge) lostAnswer() (Outcome, bool) {
	if first := &j.Seen[0]; first.OtherSource.IsValid() {
		return at(OtherWay, first, first.Up.First, first.Down.First), true
	}
	for i := range slices.Backward(j.Seen) { // it is lost for that, on its further way
		if s := &j.Seen[i]; s.OtherSource.IsValid() {
			return at(OtherWay, s, s.Up.First, s.Down.First), true
		}
	}
	for i := len(j.Seen) - 1; i > 0; i-- {
		s, before := &j.Seen[i], &j.Seen[i-1]
		if len(s.Down.SYNs) == 0 || len(before.Down.SYNs) > 0 {
			continue
		}
		if why := j.absent([]int{before.Place}); why != "" {
			return j.unclear(why), true
		}
		o := Outcome{Kind: LostBack, Near: before.Place, Far: s.Place, Down: true}
		if otherInterface(s) {
			o.Kind = OtherWay
		}
		return o.with(before, before.Up.First).with(s, s.Down.SYNs...), true
	}
	return Outcome{}, false
}

// otherInterface reports whether the server's packets left by another interface than that on which the client's arrived.
func otherInterface(s *Sighting) bool {
	return s.Up.Interface != 0 && s.Down.Interface != 0 && s.Up.Interface != s.Down.Interface
}

// lostRequest tells how far the SYN came, of which no answer was seen.
func (j judge) lostRequest() Outcome {
	s := j.deepest()
	waited := j.until().Sub(s.Up.FirstAt)
	if waited < patience && len(s.Up.SYNs) < 2 {
		return j.unclear("the capture ended too early to tell whether an answer would have come")
	}
	if !j.atServer() && len(j.Missed) > 0 {
		if why := j.absent(j.Missed); why != "" {
			return j.unclear(why)
		}
		o := j.between(LostThere, len(j.Seen)-1).with(s, s.Up.SYNs...)
		o.Times = len(s.Up.SYNs)
		return o
	}
	if why := j.absent([]int{s.Place}); why != "" {
		return j.unclear(why)
	}
	o := j.between(NoHandshake, len(j.Seen)-1).with(s, s.Up.SYNs...)
	o.Times = len(s.Up.SYNs)
	return o
}

// datagrams tells what became of UDP.
func (j judge) datagrams() Outcome {
	for i := range slices.Backward(j.Seen) {
		s := &j.Seen[i]
		for _, e := range s.Errors {
			if !e.Down && e.Reason != pcap.TooBig {
				o := j.between(Refused, i).with(s, s.Up.First, e.Packet)
				o.Reason = e.Reason
				return o
			}
		}
	}
	if j.Seen[0].Down.Packets > 0 || !j.Begun {
		return Outcome{Kind: Works, Near: -1, Far: -1}
	}
	for i := len(j.Seen) - 1; i > 0; i-- {
		s, before := &j.Seen[i], &j.Seen[i-1]
		if s.Down.Packets == 0 || before.Down.Packets > 0 {
			continue
		}
		if why := j.absent([]int{before.Place}); why != "" {
			return j.unclear(why)
		}
		o := Outcome{Kind: LostBack, Near: before.Place, Far: s.Place, Down: true}
		if otherInterface(s) {
			o.Kind = OtherWay
		}
		return o.with(before, before.Up.First).with(s, s.Down.First)
	}
	s := j.deepest()
	waited := j.until().Sub(s.Up.LastAt)
	switch {
	case waited < patience:
		return j.unclear("the capture ended too early to tell whether an answer would have come")
	case !j.atServer() && len(j.Missed) > 0:
		if why := j.absent(j.Missed); why != "" {
			return j.unclear(why)
		}
		o := j.between(LostThere, len(j.Seen)-1).with(s, s.Up.First)
		o.Times = s.Up.Packets
		return o
	}
	o := j.between(NoAnswer, len(j.Seen)-1).with(s, s.Up.First)
	o.Took = waited
	return o
}
