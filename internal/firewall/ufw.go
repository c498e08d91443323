package firewall

import "strings"

// Ufw is ufw's own status. What ufw does to a packet can only be told from the rules that it has put into iptables.
type Ufw struct {
	Active bool `json:"active"`
	// The defaults, each allow, deny, reject or disabled; empty if not printed, as while ufw is inactive.
	Incoming string   `json:"incoming,omitempty"`
	Outgoing string   `json:"outgoing,omitempty"`
	Routed   string   `json:"routed,omitempty"`
	Rules    []string `json:"rules,omitempty"` // as printed, with single spaces
}

// ParseUfw parses the output of "ufw status" or "ufw status verbose". It reports false if the text does not tell whether
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
				policy, direction, _ := strings.Cut(part, " ")
				switch direction {
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
