package pcap

import "net/netip"

// maxStreams bounds how many directions of connections heads remembers.
const maxStreams = 4096

// heads finds in the payload of TCP what is kept of it: the headers of TLS records, alerts that are not encrypted, and the version and
// status of an HTTP response.
type heads struct {
	next map[direction]uint32 // where the next record begins, as a sequence number
}

// direction is what one end of a connection sends.
type direction struct{ from, to netip.AddrPort }

// span is a part of a payload.
type span struct{ from, to int }

// keep records in p what its payload holds, and returns the parts of it that are kept, in order. The payload may be cut.
func (h *heads) keep(p *Packet, payload []byte) []span {
	d := direction{p.From, p.To}
	if p.Protocol == TCP && p.Flags.Has(SYN) { // a new connection
		delete(h.next, d)
	}
	payload = payload[:min(len(payload), p.Payload)] // Ethernet may pad it
	if p.Protocol != TCP || len(payload) == 0 {
		return nil
	}
	if status, ok := statusLine(payload); ok {
		p.Status = status
		return []span{{0, len("HTTP/1.1 200")}}
	}
	at := 0
	if next, known := h.next[d]; known {
		at = int(int32(next - p.Seq))
		if at < 0 || at >= len(payload) { // inside of a record, or sent again
			return nil
		}
	}
	var spans []span
	for at < len(payload) {
		r, ok := recordAt(payload[at:])
		if !ok {
			delete(h.next, d)
			return spans
		}
		if p.Record.Type == 0 {
			p.Record.Type = r.kind
		}
		kept := recordHeader
		if r.alert != (Alert{}) {
			kept += 2
			if p.Record.Alert == (Alert{}) {
				p.Record.Alert = r.alert
			}
		}
		spans = append(spans, span{at, at + kept})
		at += recordHeader + r.length
	}
	if at < p.Payload { // where the next record begins was not captured: it may be anywhere
		delete(h.next, d)
	} else if len(h.next) < maxStreams {
		h.next[d] = p.Seq + uint32(at)
	}
	return spans
}

// recordHeader is the length of the header of a TLS record (https://www.rfc-editor.org/rfc/rfc8446#section-5.1).
const recordHeader = 5

// record is the header of a TLS record, with the alert in it if that is not encrypted.
type record struct {
	kind   uint8
	length int
	alert  Alert
}

// recordAt returns the record with which b begins. ok is false if it begins with none, or if its header is cut.
func recordAt(b []byte) (r record, ok bool) {
	const (
		first, last = 20, 23
		longest     = 1<<14 + 2048 // in TLS 1.2, with what encryption may add
	)
	if len(b) < recordHeader || b[0] < first || b[0] > last || b[1] != 3 || b[2] > 4 {
		return r, false
	}
	r = record{kind: b[0], length: int(b[3])<<8 | int(b[4])}
	if r.length == 0 || r.length > longest {
		return r, false
	}
	if r.kind == TLSAlert && r.length == 2 && len(b) >= recordHeader+2 { // one that is encrypted is longer
		if level := b[recordHeader]; level == 1 || level == 2 {
			r.alert = Alert{level, b[recordHeader+1]}
		}
	}
	return r, true
}

// statusLine returns the status of the HTTP response with which b begins. What follows the status may be the app's own words.
func statusLine(b []byte) (status int, ok bool) {
	const pattern = "HTTP/1.x nnn"
	if len(b) < len(pattern) || string(b[:7]) != pattern[:7] || b[7] != '0' && b[7] != '1' || b[8] != ' ' {
		return 0, false
	}
	for _, digit := range b[9:12] {
		if digit < '0' || digit > '9' {
			return 0, false
		}
		status = 10*status + int(digit-'0')
	}
	return status, status >= 100 && status < 600
}
