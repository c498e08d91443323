package firewall

import "strings"

// Ufw is what ufw says of itself. What it does to a packet only the rules tell that it has put into iptables.
type Ufw struct {
	Active bool `json:"active"`
	// The defaults, each allow, deny, reject or disabled; empty: not told, as while it is not active.
	Incoming string   `json:"incoming,omitempty"`
	Outgoing string   `json:"outgoing,omitempty"`
	Routed   string   `json:"routed,omitempty"`
	Rules    []string `json:"rules,omitempty"` // as printed, with single spaces
}

// ParseUfw reads what "ufw status" or "ufw status verbose" prints. It reports false where the text does not tell whether
// ufw is active.
func ParseUfw(text string) (Ufw, bool) {
	u, known, table := Ufw{}, false, false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		key, value, _ := strings.Cut(line, ": ")
		switch {
		case table:
			if line != "" {
				u.Rules = append(u.Rules, strings.Join(strings.Fields(line), " "))
			}
		case strings.HasPrefix(line, "--") && strings.Trim(line, "- ") == "":
			table = true
		case key == "Status" && (value == "active" || value == "inactive"):
			u.Active, known = value == "active", true
		case key == "Default":
			for part := range strings.SplitSeq(value, ", ") {
				policy, way, _ := strings.Cut(part, " ")
				switch way {
				case "(incoming)":
					u.Incoming = policy
				case "(outgoing)":
					u.Outgoing = policy
				case "(routed)":
					u.Routed = policy
				}
			}
		}
	}
	return u, known
}
