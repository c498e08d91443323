// Package nodecheck finds out on a node what stands between tunnel agents and kubelets: a script that runs there, which only
// reads and connects, and the reading of what it prints.
package nodecheck

import (
	_ "embed"
	"fmt"
	"net/netip"
	"strings"
)

//go:embed nodeside.sh
var script string

// Question is what is to be found out on one node.
type Question struct {
	Agent *Agent // a tunnel agent on this node, from whose place is connected; nil: from the node's own
	API   *Endpoint
	// Reach are the addresses of the nodes to whose kubelets is connected.
	Reach []netip.Addr
	// Egress are the names of HTTPS servers outside the cluster to which is connected.
	Egress []string
	// Kubelet is the node's own address: its kubelet is looked at.
	Kubelet netip.Addr
	// Firewall are the addresses towards which the interfaces are asked for; the packet filters are read unless it is empty.
	Firewall []netip.Addr
	// Count are the IPv4 addresses from which connections to this node's kubelet are counted for CountSeconds.
	Count        []netip.Addr
	CountSeconds int
}

// Agent is the pod of a tunnel agent.
type Agent struct {
	UID, Name  string
	HealthPort int
}

// Endpoint is to what tunnel agents connect.
type Endpoint struct {
	Host string // a name or an address
	Port int
	ALPN string // the protocol that agents offer in TLS; empty: none
	UDP  bool   `json:",omitempty"` // else TCP
}

// Argv returns the command that finds it out. Each value goes into a word of the script's own arguments: the caller has
// checked that names are names.
func (q Question) Argv() []string {
	argv := []string{"/usr/bin/bash", "-c", script, "nodeside"}
	add := func(format string, args ...any) { argv = append(argv, fmt.Sprintf(format, args...)) }
	if q.Agent != nil {
		add("agent %s %s %d", q.Agent.UID, q.Agent.Name, q.Agent.HealthPort)
	}
	if q.API != nil {
		alpn := q.API.ALPN
		if alpn == "" {
			alpn = "-"
		}
		protocol := "tcp"
		if q.API.UDP {
			protocol = "udp"
		}
		add("api %s %d %s %s", q.API.Host, q.API.Port, alpn, protocol)
	}
	for _, a := range q.Reach {
		add("reach %s", a)
	}
	for _, name := range q.Egress {
		add("egress %s", name)
	}
	if q.Kubelet.IsValid() {
		add("kubelet %s", q.Kubelet)
	}
	if len(q.Firewall) > 0 {
		add("firewall %s", words(q.Firewall))
	}
	if len(q.Count) > 0 {
		add("count %d %s", q.CountSeconds, words(q.Count))
	}
	return argv
}

func words(addresses []netip.Addr) string {
	list := make([]string, len(addresses))
	for i, a := range addresses {
		list[i] = a.String()
	}
	return strings.Join(list, " ")
}
