package nodecheck

import (
	"math"
	"net/netip"
	"strconv"
	"strings"
)

// Connections are connections that a node's kernel tracks: those of its pods and its own.
type Connections struct {
	// Table is how many the kernel tracks at all, and Max how many it can; 0: not known.
	Table int `json:"table,omitempty"`
	Max   int `json:"max,omitempty"`
	// Flows are the largest groups, the largest first.
	Flows []Flow `json:"flows,omitempty"`
	// Pods are those of the node that have addresses of their own, as NAMESPACE/NAME, by the addresses that are sources of Flows.
	Pods map[string]string `json:"pods,omitempty"`
	// Programs are those in the node's own network namespace, for the groups whose source is the node.
	Programs []Program `json:"programs,omitempty"`
}

// Flow is a group of connections from one source to one destination.
type Flow struct {
	Protocol string         `json:"protocol"` // tcp or udp
	From     netip.Addr     `json:"from"`
	To       netip.AddrPort `json:"to"`
	Open     int            `json:"open"`
	Waiting  int            `json:"waiting,omitempty"` // for the first answer
	Ended    int            `json:"ended,omitempty"`   // and still remembered
}

// Program is how many connections a program has to a destination.
type Program struct {
	Name  string         `json:"name"`
	To    netip.AddrPort `json:"to"`
	Count int            `json:"count"`
}

// connections parses the lines "table COUNT MAX", "flow PROTOCOL SOURCE DESTINATION PORT OPEN WAITING ENDED", "pod ADDRESS NAMESPACE
// NAME" and "program ADDRESS COUNT NAME". Others are ignored.
func (r *Result) connections(lines []string) *Connections {
	var c Connections
	for _, line := range lines {
		if r.tool([]string{line}) == "" {
			return nil
		}
		words := strings.Fields(line)
		switch {
		case len(words) == 3 && words[0] == "table":
			c.Table, c.Max = count(words[1]), count(words[2])
		case len(words) == 8 && words[0] == "flow":
			from, err := netip.ParseAddr(words[2])
			to, bad := netip.ParseAddrPort(words[3] + ":" + words[4])
			if err == nil && bad == nil && (words[1] == "tcp" || words[1] == "udp") {
				c.Flows = append(c.Flows, Flow{words[1], from, to, count(words[5]), count(words[6]), count(words[7])})
			}
		case len(words) == 4 && words[0] == "pod":
			if a, err := netip.ParseAddr(words[1]); err == nil {
				if c.Pods == nil {
					c.Pods = map[string]string{}
				}
				c.Pods[a.String()] = words[2] + "/" + words[3]
			}
		case len(words) == 4 && words[0] == "program":
			if to, err := netip.ParseAddrPort(words[1]); err == nil {
				c.Programs = append(c.Programs, Program{words[3], netip.AddrPortFrom(to.Addr().Unmap(), to.Port()), count(words[2])})
			}
		}
	}
	return &c
}

// count parses a number of connections; if it is invalid, it returns 0.
func count(word string) int {
	n, err := strconv.ParseUint(word, 10, 31)
	if err != nil {
		return 0
	}
	return int(min(n, math.MaxInt32))
}
