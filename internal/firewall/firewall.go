// Package firewall evaluates a Linux node's own firewall for one packet, from the output of iptables-save, nft and ufw.
// It is pure, and its input is untrusted.
//
// Whether a rule matches can depend on something unknown: a rate limit, the owner of a socket, an interface that was not
// given. Both outcomes of such a rule are then followed. If all of them end alike, that is the verdict; otherwise the
// verdict is Unknown. So the package never returns Accept for a packet that might be dropped, nor Drop for one that might
// pass.
//
// Covered are netfilter's hooks of the families ip, ip6, inet and netdev. Bridge tables, eBPF programs, tc and reverse
// path filtering are not. Two gaps come from nft -j itself: older versions (1.0.6) do not print that a table is dormant,
// nor the "meta nfproto" of a rule that ends in "reject with tcp reset".
package firewall

import (
	"net/netip"
	"strings"
)

// Packet is the first packet of a connection: conntrack state NEW, for TCP a SYN, with mark 0, not a fragment.
type Packet struct {
	Protocol string // tcp or udp
	// Source and Destination select the IPv4 or the IPv6 rules. The zero Addr means unknown; at least one must be known.
	Source, Destination netip.Addr
	Port                uint16 // destination port
	// In and Out are the names of the incoming and outgoing interface. Empty means unknown; even then, the interface is
	// assumed not to be lo unless the source equals the destination or either is a loopback address.
	In, Out string
}

// Hook is the path that a packet takes through the node.
type Hook string

// The paths of a packet: to a local socket (prerouting, input), from a local socket (output, postrouting), or through the
// node (prerouting, forward, postrouting).
const (
	Input   Hook = "input"
	Output  Hook = "output"
	Forward Hook = "forward"
)

// Action is what happens to the packet.
type Action string

// The actions. Drop and Reject both block the packet. If the packet is certainly blocked but either may happen, because
// a match is unknown or two chains have the same priority, the action is that of the first rule that certainly blocks.
const (
	Accept  Action = "accept"
	Drop    Action = "drop"
	Reject  Action = "reject"
	Unknown Action = "unknown"
)

// The backends, named after the tool that lists and changes a rule.
const (
	IPTables        = "iptables" // of the nft backend
	IPTablesLegacy  = "iptables-legacy"
	IP6Tables       = "ip6tables"
	IP6TablesLegacy = "ip6tables-legacy"
	NFTables        = "nftables"
)

// Rule is one rule of a firewall, or a chain's policy.
type Rule struct {
	Backend string `json:"backend"`
	Family  string `json:"family"` // ip, ip6, inet or netdev
	Table   string `json:"table"`
	Chain   string `json:"chain"`
	// Number is the rule's position in its chain, counted from 1 as iptables -L --line-numbers does; 0 is the chain's policy.
	Number int `json:"number"`
	Handle int `json:"handle,omitempty"` // nft's handle of the rule; 0 for iptables
	// Text is the rule as iptables -S prints it ("-A INPUT -j DROP", "-P INPUT DROP"), or as nft list ruleset does.
	Text string `json:"text"`
}

// Verdict is what happens to a packet, and why.
type Verdict struct {
	Action Action `json:"action"`
	// Rule is the deciding rule. For Accept it is the last rule that accepted the packet, nil if only policies did. For
	// Unknown it is the first rule that may or may not match, nil if the cause is not a rule.
	Rule *Rule `json:"rule,omitempty"`
	// Path is the chains traversed to reach the rule, such as "filter INPUT", "filter MINE"; nft's start with the family.
	Path []string `json:"path,omitempty"`
	// Ufw reports whether the rule belongs to ufw: it is in one of ufw's chains, or is a chain's policy while ufw is active.
	Ufw    bool   `json:"ufw,omitempty"`
	Reason string `json:"reason,omitempty"` // for Unknown: what could not be evaluated
	// Redirects reports whether it is Unknown because Rule sends the packet to another destination, which may not answer.
	Redirects bool `json:"redirects,omitempty"`
}

// Blocked reports whether the packet is certainly blocked.
func (v Verdict) Blocked() bool { return v.Action == Drop || v.Action == Reject }

// isUfwChain reports whether the chain is one of ufw's.
func isUfwChain(chain string) bool {
	return strings.HasPrefix(chain, "ufw-") || strings.HasPrefix(chain, "ufw6-")
}
