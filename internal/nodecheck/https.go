package nodecheck

import "strings"

// HTTPS is what became of a request to an HTTPS server outside the cluster.
type HTTPS struct {
	Outcome Outcome `json:"outcome,omitempty"` // empty: not known
	Error   string  `json:"error,omitempty"`
	// Issuer is of the certificate that is not trusted; empty: not known.
	Issuer string `json:"issuer,omitempty"`
	Proxy  bool   `json:"proxy,omitempty"` // the node has a proxy, which was asked
}

// OK reports whether the server answered.
func (h HTTPS) OK() bool { return h.Outcome == Answered }

func (r *Report) https(lines []string) HTTPS {
	var h HTTPS
	for _, line := range lines {
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case word == "missing":
			r.tool([]string{line})
		case word == "proxy":
			h.Proxy = true
		case word == "get":
			h.Outcome, h.Error = requested(rest)
		case strings.HasPrefix(line, "issuer="):
			h.Issuer = strings.TrimPrefix(line, "issuer=")
		}
	}
	return h
}

// requested is outcome for a request by name, with the server's certificate verified.
func requested(line string) (Outcome, string) {
	o, text := outcome(line)
	text, _, _ = strings.Cut(text, " More details here:")
	code, _, _ := strings.Cut(line, " ")
	switch code { // https://curl.se/docs/manpage.html#EXIT-CODES
	case "5", "6":
		return Unresolved, text
	case "28":
		if strings.Contains(text, "Resolving timed out") {
			return Unresolved, text
		}
	case "60":
		return Untrusted, text
	case "77": // the node has no certificates of authorities
		return "", text
	}
	return o, text
}
