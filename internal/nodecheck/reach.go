package nodecheck

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Outcome is the result of a connection.
type Outcome string

// The outcomes; the empty one is unknown.
const (
	Answered    Outcome = "answered"    // over TLS, with any HTTP status
	Refused     Outcome = "refused"     // nothing listens, or a filter rejects it with a reset
	TimedOut    Outcome = "timed out"   // no answer to the first packet
	Unreachable Outcome = "unreachable" // an ICMP error: no route, or a filter rejects it
	Silent      Outcome = "silent"      // connected, but the server sent nothing
	TLSError    Outcome = "TLS error"   // connected, but the TLS handshake or the request failed
	Connected   Outcome = "connected"   // by TCP; without curl, nothing more was tried
	Unresolved  Outcome = "unresolved"  // the name has no address
	NoPort      Outcome = "no free local port"
	Untrusted   Outcome = "untrusted" // the certificate is from a CA that the node does not trust, or for another name
)

// Reach is the result of the attempts to connect to one kubelet.
type Reach struct {
	Outcomes []Outcome `json:"outcomes"`        // one for each attempt
	Error    string    `json:"error,omitempty"` // of the last failed attempt
}

// OK reports whether every attempt succeeded.
func (r Reach) OK() bool { return r.succeeded() == len(r.Outcomes) && len(r.Outcomes) > 0 }

// Failed reports whether every attempt failed.
func (r Reach) Failed() bool { return r.succeeded() == 0 && len(r.Outcomes) > 0 }

// succeeded returns the number of attempts that succeeded.
func (r Reach) succeeded() int {
	n := 0
	for _, o := range r.Outcomes {
		if o == Answered || o == Connected {
			n++
		}
	}
	return n
}

// Worst returns the outcome of the first failed attempt, or else that of the first; empty if there was none.
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

// service parses the outcome of a connection to the address and port.
func (r *Result) service(to string, lines []string) {
	address, port, _ := strings.Cut(to, " ")
	at, err := netip.ParseAddrPort(net.JoinHostPort(address, port))
	if err != nil || len(lines) == 0 {
		return
	}
	if r.Services == nil {
		r.Services = map[string]Outcome{}
	}
	r.Services[at.String()], _ = outcome(lines[0])
}

// outcome parses a line of the script's function get, which is curl's, or of connect, which is bash's, into an outcome and
// the error's text.
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
	established := number(fields[2]) > 0 // the TCP connection was
	switch fields[0] {                   // https://curl.se/docs/manpage.html#EXIT-CODES
	case "0", "22":
		return Answered, ""
	case "7":
		return refusal(text), text
	case "28":
		// curl does not print the time of the connection if the TLS handshake got no answer
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

// refusal classifies curl's "couldn't connect" by its text, which ends with the system's error.
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
	case strings.Contains(text, "assign requested address"): // EADDRNOTAVAIL
		return NoPort
	case text == "":
		return ""
	}
	return Unreachable
}
