package nodecheck

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Result is the parsed output of the script. Fields that were not checked are empty. Tools that a check needs and the node
// lacks are in Missing.
type Result struct {
	// Now is the node's clock, in seconds; zero: unknown.
	Now       time.Time        `json:"now,omitzero"`
	FromAgent bool             `json:"fromAgent"` // connections were made from the agent's network namespace, not the node's
	Agent     *AgentState      `json:"agent,omitempty"`
	API       *APIState        `json:"api,omitempty"`
	Reach     map[string]Reach `json:"reach,omitempty"` // by address
	// Services are the outcomes of connections, by address and port, such as 10.0.0.1:443.
	Services map[string]Outcome `json:"services,omitempty"`
	Egress   map[string]HTTPS   `json:"egress,omitempty"` // by name
	Kubelet  *KubeletState      `json:"kubelet,omitempty"`
	Filters  *Filters           `json:"filters,omitempty"`
	// IPsec are the kernel's IPsec policies; nil: not read, or it has none.
	IPsec *IPsec `json:"ipsec,omitempty"`
	// Arrived is the number of connections to the kubelet that were counted; nil: not counted.
	Arrived *int `json:"arrived,omitempty"`
	// Connections are the tracked connections to addresses outside the cluster; nil: not counted.
	Connections *Connections `json:"connections,omitempty"`
	Missing     []string     `json:"missing,omitempty"` // tools that the node does not have
}

// AgentState is the state of a tunnel agent on the node. Empty fields are unknown.
type AgentState struct {
	// CertificateFrom is when its client certificate becomes valid; zero: unknown.
	CertificateFrom time.Time `json:"certificateFrom,omitzero"`
	// CertificateUntil is when its client certificate expires; zero: unknown.
	CertificateUntil time.Time `json:"certificateUntil,omitzero"`
	Ready            []string  `json:"ready,omitempty"`   // its readiness checks, such as "[-]server-connected failed: ..."
	Metrics          []string  `json:"metrics,omitempty"` // its metrics that count connections
	// Refused is the TLS alert with which the konnectivity server refused the agent, such as "certificate required"; empty if
	// none of the agent's last errors is one.
	Refused string `json:"refused,omitempty"`
	// NotForwarding reports whether the node's kernel forwards no IPv4 packets, although the agent has a network namespace of its own.
	NotForwarding bool `json:"notForwarding,omitempty"`
	// Bridge is the bridge of the node that connects the agent's pod; empty if none does, or kube-proxy has no rules on the node.
	Bridge string `json:"bridge,omitempty"`
	// NotFiltered reports whether packets between pods of Bridge do not pass kube-proxy's rules for IPv4.
	NotFiltered bool `json:"notFiltered,omitempty"`
	// MTU is that of the agent's network namespace, and NodeMTU that of the node's interface, both by the default route; zero: unknown.
	MTU     int `json:"mtu,omitempty"`
	NodeMTU int `json:"nodeMTU,omitempty"`
	// Session is OpenVPN's last message about its connection; empty for all other agents.
	Session string   `json:"session,omitempty"`
	Log     []string `json:"log,omitempty"` // its last errors
}

// Unanswered reports whether, by its last message, OpenVPN got no answer.
func (a AgentState) Unanswered() bool {
	return a.Session == "TLS key negotiation failed" || a.Session == "Inactivity timeout"
}

// NoServer reports whether, by its readiness checks, a konnectivity agent is connected to no server.
func (a AgentState) NoServer() bool {
	return slices.ContainsFunc(a.Ready, func(line string) bool { return strings.HasPrefix(line, "[-]server-connected") })
}

// HasServer reports whether, by its readiness checks, a konnectivity agent is connected to a server and ready.
func (a AgentState) HasServer() bool {
	connected := slices.ContainsFunc(a.Ready, func(line string) bool { return strings.HasPrefix(line, "[+]server-connected") })
	return connected && !slices.ContainsFunc(a.Ready, func(line string) bool { return strings.HasPrefix(line, "[-]") })
}

// Connected reports whether, by its last message, OpenVPN is connected.
func (a AgentState) Connected() bool { return a.Session == "Initialization Sequence Completed" }

// Filters are the packet filters as the tools print them.
type Filters struct {
	Interfaces map[string]string `json:"interfaces,omitempty"` // name of the interface on the route, by destination address
	Ufw        string            `json:"ufw,omitempty"`        // output of `ufw status verbose`; empty: ufw is not installed
	Iptables   string            `json:"iptables,omitempty"`   // output of iptables-save
	Legacy     string            `json:"legacy,omitempty"`     // output of iptables-legacy-save
	Nftables   []string          `json:"nftables,omitempty"`   // output of `nft -j list table` for tables not in iptables-save
}

// ErrCut reports that the end of the script's output is missing.
var ErrCut = errors.New("the node's report is incomplete")

// Parse parses the output of the script. If its end is missing, Parse returns the complete parts and ErrCut. The text comes
// from a node and is untrusted; the result holds no secrets, and no control characters but in Filters.
func Parse(text string) (Result, error) {
	r := Result{Reach: map[string]Reach{}}
	parts := split(text)
	whole := len(parts) > 0 && parts[len(parts)-1].name == "end"
	if !whole && len(parts) > 0 {
		parts = parts[:len(parts)-1]
	}
	for _, p := range parts {
		r.add(p)
	}
	r.clean()
	switch {
	case len(parts) == 0:
		return r, errors.New("the node's report is empty")
	case !whole:
		return r, ErrCut
	}
	return r, nil
}

// part is the output of one check.
type part struct {
	name  string
	lines []string
}

func split(text string) []part {
	var parts []part
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if name, ok := strings.CutPrefix(line, "@@ "); ok {
			parts = append(parts, part{name: name})
		} else if line, ok := strings.CutPrefix(line, " "); ok && len(parts) > 0 {
			last := &parts[len(parts)-1]
			last.lines = append(last.lines, line)
		}
	}
	return parts
}

// add parses the part into its field. Unknown parts are ignored.
func (r *Result) add(p part) {
	word, rest, _ := strings.Cut(p.name, " ")
	switch word {
	case "now":
		if len(p.lines) > 0 {
			if n := number(p.lines[0]); n > 0 && n < 1<<40 {
				r.Now = time.Unix(int64(n), 0).UTC()
			}
		}
	case "place":
		r.FromAgent = len(p.lines) > 0 && p.lines[0] == "agent"
	case "agent":
		r.Agent = agentState(p.lines)
		for _, line := range p.lines {
			r.tool([]string{line})
		}
	case "api":
		r.API = r.apiState(p.lines)
	case "reach":
		r.Reach[rest] = reached(p.lines)
	case "service":
		r.service(rest, p.lines)
	case "egress":
		if r.Egress == nil {
			r.Egress = map[string]HTTPS{}
		}
		r.Egress[rest] = r.https(p.lines)
	case "kubelet":
		r.Kubelet = kubeletState(p.lines)
	case "count":
		for _, line := range p.lines {
			if n, ok := strings.CutPrefix(r.tool([]string{line}), "packets "); ok {
				count := int(number(n))
				r.Arrived = &count
			}
		}
	case "connections":
		r.Connections = r.connections(p.lines)
	case "interfaces":
		r.filters().Interfaces = map[string]string{}
		for _, line := range p.lines {
			if address, device, ok := strings.Cut(line, " "); ok && device != "" {
				r.Filters.Interfaces[address] = device
			}
		}
	case "ufw":
		r.filters().Ufw = strings.Join(p.lines, "\n")
	case "iptables":
		r.filters().Iptables = r.tool(p.lines)
	case "iptables-legacy":
		r.filters().Legacy = r.tool(p.lines)
	case "nftables":
		r.filters()
		for _, line := range p.lines {
			if r.tool([]string{line}) != "" {
				r.Filters.Nftables = append(r.Filters.Nftables, line)
			}
		}
	case "ipsec":
		r.IPsec = ipsec(p.lines)
	}
}

func (r *Result) filters() *Filters {
	if r.Filters == nil {
		r.Filters = &Filters{}
	}
	return r.Filters
}

// tool returns the text of the lines; if they say that their tool is missing, it records that and returns "".
func (r *Result) tool(lines []string) string {
	text := strings.Join(lines, "\n")
	if name, ok := strings.CutPrefix(text, "missing "); ok {
		r.Missing = append(r.Missing, name)
		return ""
	}
	return text
}

func agentState(lines []string) *AgentState {
	var a AgentState
	for _, line := range lines {
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "certificate":
			if strings.HasPrefix(rest, "notBefore=") {
				a.CertificateFrom = certificateTime(rest)
			} else {
				a.CertificateUntil = certificateTime(rest)
			}
		case "ready":
			a.Ready = append(a.Ready, rest)
		case "metric":
			a.Metrics = append(a.Metrics, rest)
		case "forwarding":
			a.NotForwarding = rest == "0"
		case "bridge":
			name, calls, _ := strings.Cut(rest, " ")
			a.Bridge, a.NotFiltered = name, calls != "1"
		case "mtu":
			a.MTU, a.NodeMTU = ofLimit(rest)
		case "session":
			a.Session = rest
		case "log":
			a.Log = append(a.Log, rest)
			if alert := refused(rest); alert != "" {
				a.Refused = alert
			}
		}
	}
	return &a
}

// refused returns the TLS alert in a log line if the server refused the handshake (https://pkg.go.dev/crypto/tls#AlertError);
// otherwise "".
func refused(line string) string {
	_, alert, ok := strings.Cut(line, "remote error: tls: ")
	if !ok || !strings.Contains(line, "cannot connect once") {
		return ""
	}
	end := strings.IndexFunc(alert, func(r rune) bool { return (r < 'a' || r > 'z') && r != ' ' })
	if end < 0 {
		end = len(alert)
	}
	return alert[:end]
}

// certificateTime parses openssl's "notAfter=Nov 21 11:50:33 2027 GMT"; if it is invalid, it returns the zero time.
func certificateTime(line string) time.Time {
	_, text, _ := strings.Cut(line, "=")
	t, err := time.Parse("Jan _2 15:04:05 2006 MST", text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// number parses a non-negative number; if it is invalid, it returns 0.
func number(word string) float64 {
	n, err := strconv.ParseFloat(word, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
