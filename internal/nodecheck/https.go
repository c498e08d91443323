package nodecheck

import "strings"

// HTTPS is the result of a request to an HTTPS server outside the cluster.
type HTTPS struct {
	Outcome Outcome `json:"outcome,omitempty"` // empty: unknown
	Error   string  `json:"error,omitempty"`
	// Issuer is the issuer of the untrusted certificate; empty: unknown.
	Issuer string `json:"issuer,omitempty"`
	Proxy  bool   `json:"proxy,omitempty"` // the node has an HTTPS proxy, which was used
}

// OK reports whether the server answered.
func (h HTTPS) OK() bool { return h.Outcome == Answered }

func (r *Result) https(lines []string) HTTPS {
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

// requested is outcome for a request to a host name with verification of the server's certificate.
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
	case "77": // the node has no CA certificates
		return "", text
	}
	return o, text
}
