// Package firewall tells what a Linux node's own firewall does with a packet, from what the node's tools print:
// iptables-save, nft and ufw. All of it is pure, and its input may be anything.
//
// What a rule asks for and what is known of the packet can leave open whether the rule matches: a rate limit, the owner
// of a socket, an interface nobody named. Such a rule is followed both ways. Where all the ways end alike that end is the
// verdict, else the verdict is Undecided: the package never says Accept of a packet that might be dropped, nor Drop of
// one that might pass. It does so for what netfilter's hooks of the ip, ip6, inet and netdev families do; bridge tables,
// eBPF programs, tc and reverse path filtering are not seen. That a table of nft is dormant is seen only where nft -j
// prints it, which older versions do not (1.0.6); neither do they list "meta nfproto" of a rule that ends in "reject
// with tcp reset".
package firewall

import (
	"net/netip"
	"strings"
)

// Packet is the first packet of a connection: conntrack state NEW, of TCP a SYN, its mark 0 and not a fragment.
type Packet struct {
	Protocol string // tcp or udp
	// Source and Destination decide between the rules for IPv4 and for IPv6. The zero Addr: not known.
	Source, Destination netip.Addr
	Port                uint16 // the destination's
	// In and Out are the names of the interfaces it comes in and leaves by. Empty: not known, but that a packet is taken
	// to use the interface lo only where its source is its destination or either is a loopback address.
	In, Out string
}

// Hook says which way the packet takes through the node.
type Hook string

// The ways a packet takes: to a socket of the node (prerouting, input), from one (output, postrouting), through the node
// (prerouting, forward, postrouting).
const (
	Input   Hook = "input"
	Output  Hook = "output"
	Forward Hook = "forward"
)

// Action is what happens to the packet.
type Action string

// The actions. Both Drop and Reject keep the packet from passing; where either may happen, for a rule is open or
// two chains are of the same priority, it is that of the first rule which certainly blocks.
const (
	Accept    Action = "accept"
	Drop      Action = "drop"
	Reject    Action = "reject"
	Undecided Action = "undecided"
)

// The backends: which tool shows a rule, and changes it.
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
	// Number is the rule's place in its chain from 1, as iptables -L --line-numbers counts; 0 for the chain's policy.
	Number int `json:"number"`
	Handle int `json:"handle,omitempty"` // by which nft names the rule
	// Text is the rule as iptables -S prints it ("-A INPUT -j DROP", "-P INPUT DROP"), or as nft list ruleset does.
	Text string `json:"text"`
}

// Verdict is what becomes of a packet, and why.
type Verdict struct {
	Action Action `json:"action"`
	// Rule is what decided. Of Accept it is the last rule that accepted the packet, nil where only policies did. Of
	// Undecided it is the first rule that may or may not match, nil where it is not a rule that leaves it open.
	Rule *Rule `json:"rule,omitempty"`
	// Path is the chains walked to the rule, such as "filter INPUT", "filter MINE"; of nft with the family in front.
	Path []string `json:"path,omitempty"`
	// Ufw says that the rule is ufw's: it is in one of its chains, or is the policy of a chain while ufw is on.
	Ufw    bool   `json:"ufw,omitempty"`
	Reason string `json:"reason,omitempty"` // of Undecided: what could not be evaluated
}

// Blocked says whether the packet certainly does not pass.
func (v Verdict) Blocked() bool { return v.Action == Drop || v.Action == Reject }

// ufws says whether the chain is one of ufw's.
func ufws(chain string) bool {
	return strings.HasPrefix(chain, "ufw-") || strings.HasPrefix(chain, "ufw6-")
}
