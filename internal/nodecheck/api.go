package nodecheck

import "strings"

// APIState is how far connections to the agents' endpoint get.
type APIState struct {
	Nameservers []string `json:"nameservers,omitempty"`
	Addresses   []string `json:"addresses,omitempty"` // that the name resolves to
	// Resolve is getent's exit code: 0, 2 if the name does not resolve, 124 for a timeout; empty if it was not run.
	Resolve string    `json:"resolve,omitempty"`
	TCP     Outcome   `json:"tcp,omitempty"`
	UDP     Outcome   `json:"udp,omitempty"`     // of OpenVPN's first packet: Answered, Refused or Silent (inconclusive by itself)
	TCPText string    `json:"tcpText,omitempty"` // the error of the TCP connection
	TLS     Handshake `json:"tls,omitzero"`      // without ALPN
	ALPN    Handshake `json:"alpn,omitzero"`     // with the agents' protocol
	// Long is a handshake without the agents' protocol whose ClientHello does not fit into one packet; without issuer and verification.
	Long Handshake `json:"long,omitzero"`
}

// Handshake is the result of a TLS handshake.
type Handshake struct {
	Tried    bool   `json:"tried"`
	CA       bool   `json:"ca"`                 // the cluster's CA was available, so Verify is meaningful
	Subject  string `json:"subject,omitempty"`  // of the server's certificate; empty if it presented none
	Issuer   string `json:"issuer,omitempty"`   // of the server's certificate
	Verify   string `json:"verify,omitempty"`   // such as "0 (ok)"
	Protocol string `json:"protocol,omitempty"` // negotiated by ALPN
	Error    string `json:"error,omitempty"`
}

// Done reports whether the server presented a certificate.
func (h Handshake) Done() bool { return h.Subject != "" }

// Foreign reports whether the server's certificate was issued by a CA other than the cluster's.
func (h Handshake) Foreign() bool {
	return h.CA && h.Done() && !strings.HasPrefix(h.Verify, "0 ") && h.Verify != "" && !h.expired()
}

// expired reports whether only the certificate's validity period is wrong
// (https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error).
func (h Handshake) expired() bool {
	return strings.HasPrefix(h.Verify, "10 ") || strings.HasPrefix(h.Verify, "9 ")
}

func (r *Result) apiState(lines []string) *APIState {
	var a APIState
	for _, line := range lines {
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "dns":
			kind, value, _ := strings.Cut(rest, " ")
			switch kind {
			case "nameserver":
				a.Nameservers = append(a.Nameservers, value)
			case "address":
				a.Addresses = append(a.Addresses, value)
			case "exit":
				a.Resolve = value
			}
		case "tcp":
			a.TCP = connected(rest)
			if a.TCP != Connected {
				a.TCPText = rest
			}
		case "udp":
			a.UDP = map[string]Outcome{"answered": Answered, "refused": Refused, "silent": Silent}[rest]
		case "tls":
			if strings.HasPrefix(rest, "missing ") {
				r.tool([]string{rest})
				continue
			}
			a.TLS.parse(rest)
		case "alpn":
			a.ALPN.parse(rest)
		case "long":
			a.Long.parse(rest)
		}
	}
	return &a
}

// parse parses a line of the output of `openssl s_client`.
func (h *Handshake) parse(line string) {
	h.Tried = true
	line = strings.TrimSpace(line)
	for prefix, field := range map[string]*string{
		"subject=": &h.Subject, "issuer=": &h.Issuer, "Verify return code: ": &h.Verify, "ALPN protocol: ": &h.Protocol,
	} {
		if value, ok := strings.CutPrefix(line, prefix); ok {
			*field = value
			return
		}
	}
	switch {
	case line == "ca none", strings.HasPrefix(line, "New, "), line == "No ALPN negotiated", line == "exit 0", line == "exit 1":
	case strings.HasPrefix(line, "ca "):
		h.CA = true
	case line == "exit 124":
		h.Error = "no answer in time"
	case strings.HasPrefix(line, "exit "):
	case h.Error == "":
		h.Error = line
	}
}
