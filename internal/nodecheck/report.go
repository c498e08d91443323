package nodecheck

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Report is what the script found. What it could not find out, for want of a tool, is in Missing; what was not asked is
// empty.
type Report struct {
	// Now is the node's clock, in seconds; zero: not known.
	Now       time.Time        `json:"now,omitzero"`
	FromAgent bool             `json:"fromAgent"` // connections were made from the agent's own place, else from the node's
	Agent     *AgentState      `json:"agent,omitempty"`
	API       *APIState        `json:"api,omitempty"`
	Reach     map[string]Reach `json:"reach,omitempty"`  // by address
	Egress    map[string]HTTPS `json:"egress,omitempty"` // by name
	Kubelet   *KubeletState    `json:"kubelet,omitempty"`
	Filters   *Filters         `json:"filters,omitempty"`
	// Arrived is how many connections to the kubelet were counted; nil: not counted.
	Arrived *int     `json:"arrived,omitempty"`
	Missing []string `json:"missing,omitempty"` // tools that the node does not have
}

// AgentState is what a node shows of a tunnel agent on it.
type AgentState struct {
	// CertificateUntil is when its client certificate expires; zero: not known.
	CertificateUntil time.Time `json:"certificateUntil,omitzero"`
	Ready            []string  `json:"ready,omitempty"`   // its own readiness checks, such as "[-]server-connected failed: ..."
	Metrics          []string  `json:"metrics,omitempty"` // of its own metrics those that count connections
	// Refused is the TLS alert by which the API server's end refused it, such as "certificate required"; empty: none of its last
	// errors says so.
	Refused string `json:"refused,omitempty"`
	// Session is what OpenVPN last said of its connection; empty: nothing, as all other agents do.
	Session string   `json:"session,omitempty"`
	Log     []string `json:"log,omitempty"` // its last errors
}

// Unanswered says that OpenVPN's last word is that it got no answer.
func (a AgentState) Unanswered() bool {
	return a.Session == "TLS key negotiation failed" || a.Session == "Inactivity timeout"
}

// Connected says that OpenVPN's last word is that its connection came about.
func (a AgentState) Connected() bool { return a.Session == "Initialization Sequence Completed" }

// Filters are the packet filters as the tools print them.
type Filters struct {
	Interfaces map[string]string `json:"interfaces,omitempty"` // by the address to which they lead
	Ufw        string            `json:"ufw,omitempty"`        // of `ufw status verbose`; empty: there is no ufw
	Iptables   string            `json:"iptables,omitempty"`   // of iptables-save
	Legacy     string            `json:"legacy,omitempty"`     // of iptables-legacy-save
	Nftables   []string          `json:"nftables,omitempty"`   // of `nft -j list table`, those that iptables-save does not show
}

// ErrCut says that the end of the report did not come through.
var ErrCut = errors.New("the node's report is cut")

// Parse reads what the script printed. Of a report that is cut, what came through is returned with ErrCut; its last part
// may be incomplete and is left out. The text comes from a node and is not trusted.
func Parse(text string) (Report, error) {
	r := Report{Reach: map[string]Reach{}}
	parts := split(text)
	whole := len(parts) > 0 && parts[len(parts)-1].name == "end"
	if !whole && len(parts) > 0 {
		parts = parts[:len(parts)-1]
	}
	for _, p := range parts {
		r.read(p)
	}
	switch {
	case len(parts) == 0:
		return r, errors.New("the node's report is empty")
	case !whole:
		return r, ErrCut
	}
	return r, nil
}

// part is one of the script's answers.
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

func (r *Report) read(p part) {
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
	}
}

func (r *Report) filters() *Filters {
	if r.Filters == nil {
		r.Filters = &Filters{}
	}
	return r.Filters
}

// tool returns the lines, or notes that the tool that prints them is missing.
func (r *Report) tool(lines []string) string {
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
			a.CertificateUntil = until(rest)
		case "ready":
			a.Ready = append(a.Ready, rest)
		case "metric":
			a.Metrics = append(a.Metrics, rest)
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

// refused returns the alert of a line that says that the other end refused a TLS handshake
// (https://pkg.go.dev/crypto/tls#AlertError), or nothing.
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

// until reads openssl's "notAfter=Nov 21 11:50:33 2027 GMT"; what it cannot read is the zero time.
func until(line string) time.Time {
	t, err := time.Parse("Jan _2 15:04:05 2006 MST", strings.TrimPrefix(line, "notAfter="))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// number reads a number, 0 where there is none.
func number(word string) float64 {
	n, err := strconv.ParseFloat(word, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
