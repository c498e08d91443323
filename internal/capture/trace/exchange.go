package trace

import (
	"slices"

	"github.com/akstools/akstools/internal/capture/pcap"
)

// smallestMTU is a size, in bytes, up to which no network loses packets for their size
// (https://www.rfc-editor.org/rfc/rfc791, section 3.1).
const smallestMTU = 576

// tooLarge finds that large packets are lost where small ones pass.
func (j judge) tooLarge() (Outcome, bool) {
	for _, l := range j.Losses {
		if l.Count < 2 || l.SYN || l.Smallest <= max(l.Largest, smallestMTU) {
			continue
		}
		o := j.ofLoss(TooLarge, l)
		o.Size, o.Lost = l.Largest, l.Smallest
		for i := range j.Seen {
			for _, e := range j.Seen[i].Errors {
				if e.Reason == pcap.TooBig && e.Down == l.Down {
					o.Reason, o.MTU = e.Reason, e.MTU
					o = o.with(&j.Seen[i], e.Packet)
				}
			}
		}
		return o, true
	}
	return Outcome{}, false
}

// toldMTU reports whether an ICMP error told the sender that its packets are too large.
func (j judge) toldMTU(down bool) bool {
	for i := range j.Seen {
		for _, e := range j.Seen[i].Errors {
			if e.Reason == pcap.TooBig && e.Down == down {
				return true
			}
		}
	}
	return false
}

// ofLoss returns an outcome with the places and packets of the loss.
func (j judge) ofLoss(kind Kind, l Loss) Outcome {
	o := Outcome{Kind: kind, Near: l.From, Far: l.To, Down: l.Down}
	if l.Down {
		o.Near, o.Far = l.To, l.From
	}
	for _, n := range l.Packets {
		o.Packets = append(o.Packets, At{l.From, n})
	}
	return o
}

// lostData finds that data was lost for good on a connection that was established.
func (j judge) lostData() (Outcome, bool) {
	for _, l := range j.Losses {
		sender, receiver := l.From, l.To
		if l.Count == 0 || !j.keptTrying(l) {
			continue
		}
		if why := j.absent([]int{receiver}); why != "" {
			return j.unclear(why), true
		}
		kind := LostThere
		if l.Down {
			kind = LostBack
			if i := slices.IndexFunc(j.Seen, func(s Sighting) bool { return s.Place == sender }); i >= 0 && otherInterface(&j.Seen[i]) {
				kind = OtherWay
			}
		}
		o := j.ofLoss(kind, l)
		o.Times = l.Count
		return o, true
	}
	return Outcome{}, false
}

// keptTrying reports whether what was lost was sent twice at least, or long enough ago, so that it is no accident of the end: what is
// lost when a connection is closed matters to nobody.
func (j judge) keptTrying(l Loss) bool { return l.Count >= 2 }

// tls finds an alert, or that only the client speaks TLS.
func (j judge) tls() (Outcome, bool) {
	for i := range slices.Backward(j.Seen) {
		s := &j.Seen[i]
		for _, f := range []*Flow{&s.Down, &s.Up} {
			if f.AlertAt > 0 {
				o := at(TLSFailed, s, f.AlertAt)
				o.Alert, o.Down = f.Alert, f == &s.Down
				return o, true
			}
		}
		if s.Up.TLS && s.Down.Status > 0 && !s.Down.TLS {
			return at(NotTLS, s, s.Up.Data, s.Down.StatusAt), true
		}
	}
	return Outcome{}, false
}

// reset finds a RST of the server, or in its name, before it had answered.
func (j judge) reset() (Outcome, bool) {
	for i := range slices.Backward(j.Seen) {
		s := &j.Seen[i]
		d := &s.Down
		if d.Reset == 0 || d.FIN > 0 || d.DataBefore > 0 {
			continue
		}
		if s.Up.FIN > 0 && s.Up.Bytes == 0 { // it only connected
			continue
		}
		o := j.between(Reset, i).with(s, s.Up.Data, d.Reset)
		o.TTL, o.Usual = d.RSTTTL, d.TTL
		return o, true
	}
	return Outcome{}, false
}

// unanswered finds that the request arrived and the server did not answer it, or not before the client gave up.
func (j judge) unanswered() (Outcome, bool) {
	s := j.deepest()
	gaveUp := s.Up.gaveUp()
	late := !gaveUp.IsZero() && s.Down.DataAt.After(gaveUp)
	if s.Up.Bytes == 0 || s.Down.Bytes > 0 && !late {
		return Outcome{}, false
	}
	if s.Down.FIN > 0 && !late {
		return j.between(Closed, len(j.Seen)-1).with(s, s.Up.Data, s.Down.FIN), true
	}
	end := j.until()
	switch {
	case !gaveUp.IsZero():
		end = gaveUp
	case s.Up.Reset > 0:
		end = s.Up.ResetAt
	}
	o := j.between(NoAnswer, len(j.Seen)-1).with(s, s.Up.Data)
	o.Took = end.Sub(s.Up.DataAt)
	return o, o.Took >= slow
}

// serverError finds an HTTP status that reports a failure. 501 is an answer: the app does not know the method.
func (j judge) serverError() (Outcome, bool) {
	const notImplemented = 501
	for i := range slices.Backward(j.Seen) {
		s := &j.Seen[i]
		if s.Down.Status >= 500 && s.Down.Status != notImplemented {
			o := j.between(ServerError, i).with(s, s.Down.StatusAt)
			o.Status = s.Down.Status
			return o, true
		}
	}
	return Outcome{}, false
}

// slowly finds that the answer took long to begin.
func (j judge) slowly() (Outcome, bool) {
	s := j.deepest()
	if s.Up.Bytes == 0 || s.Down.Bytes == 0 {
		return Outcome{}, false
	}
	o := j.between(Slow, len(j.Seen)-1).with(s, s.Up.Data, s.Down.Data)
	o.Took = s.Down.DataAt.Sub(s.Up.DataAt)
	return o, o.Took >= slow
}

// lossy finds that packets were lost that arrived when they were sent again.
func (j judge) lossy() (Outcome, bool) {
	for _, l := range j.Losses {
		if j.toldMTU(l.Down) { // which is how the path MTU is found
			continue
		}
		again := len(j.Seen[0].Up.SYNs) > 1 && l.Recovered > 0 // which delays it by a second at least
		if again || l.Recovered > few && l.Recovered*loud > l.Sent {
			o := j.ofLoss(Lossy, l)
			o.Size = int(l.Recovered)
			return o, true
		}
	}
	return Outcome{}, false
}
