package nodecheck

import (
	"strconv"
	"strings"
)

// Outcome is what became of a connection to a kubelet.
type Outcome string

// The outcomes. Empty: not known.
const (
	Answered    Outcome = "answered"    // over TLS, whatever the status
	Refused     Outcome = "refused"     // nothing listens, or a filter rejects it with a reset
	TimedOut    Outcome = "timed out"   // no answer to the first packet
	Unreachable Outcome = "unreachable" // an ICMP error: no route, or a filter rejects it
	Silent      Outcome = "silent"      // connected, and then nothing came
	TLSError    Outcome = "TLS error"   // connected, and the TLS handshake failed
	Connected   Outcome = "connected"   // by TCP; more was not tried for want of curl
	Unresolved  Outcome = "unresolved"  // no address for the name
	Untrusted   Outcome = "untrusted"   // the certificate is not of an authority that the node trusts, or not of the name
)

// Reach is what became of the connections to one kubelet; each was tried as often as Outcomes are there.
type Reach struct {
	Outcomes []Outcome `json:"outcomes"`
	Error    string    `json:"error,omitempty"` // of the last that failed
}

// OK reports whether every try was answered.
func (r Reach) OK() bool { return r.share() == len(r.Outcomes) && len(r.Outcomes) > 0 }

// Failed reports whether no try was answered.
func (r Reach) Failed() bool { return r.share() == 0 && len(r.Outcomes) > 0 }

func (r Reach) share() int {
	n := 0
	for _, o := range r.Outcomes {
		if o == Answered || o == Connected {
			n++
		}
	}
	return n
}

// Worst returns the outcome of a try that failed, or Answered.
func (r Reach) Worst() Outcome {
	for _, o := range r.Outcomes {
		if o != Answered && o != Connected {
			return o
		}
	}
	if len(r.Outcomes) == 0 {
		return ""
	}
	return r.Outcomes[0]
}

func reached(lines []string) Reach {
	var r Reach
	for _, line := range lines {
		o, text := outcome(line)
		if o == "" {
			continue
		}
		r.Outcomes = append(r.Outcomes, o)
		if text != "" {
			r.Error = text
		}
	}
	return r
}

// outcome reads a line of the script's function get, which is curl's, or of connect, which is bash's.
func outcome(line string) (Outcome, string) {
	if text, ok := strings.CutPrefix(line, "connect "); ok {
		return connected(text), text
	}
	fields := strings.SplitN(line, " ", 5)
	if len(fields) < 4 {
		return "", ""
	}
	text := ""
	if len(fields) == 5 {
		text = fields[4]
	}
	if _, err := strconv.Atoi(fields[0]); err != nil {
		return "", ""
	}
	established := number(fields[2]) > 0 // the TCP connection
	switch fields[0] {                   // https://curl.se/docs/manpage.html#EXIT-CODES
	case "0", "22":
		return Answered, ""
	case "7":
		return refusal(text), text
	case "28":
		// of a handshake that got no answer curl does not print when it connected
		if established || strings.Contains(text, "SSL connection timeout") {
			return Silent, text
		}
		return TimedOut, text
	case "35", "52", "53", "55", "56", "58", "59", "60", "66", "80", "83", "90", "91":
		return TLSError, text
	}
	if established {
		return TLSError, text
	}
	return Unreachable, text
}

// refusal tells curl's "couldn't connect" apart by its text, which ends with the system's.
func refusal(text string) Outcome {
	if strings.Contains(text, "route") || strings.Contains(text, "nreachable") || strings.Contains(text, "prohibited") {
		return Unreachable
	}
	return Refused
}

func connected(text string) Outcome {
	switch {
	case text == "ok":
		return Connected
	case strings.Contains(text, "refused"):
		return Refused
	case strings.Contains(text, "timed out"):
		return TimedOut
	case text == "":
		return ""
	}
	return Unreachable
}
