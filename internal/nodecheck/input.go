// Package nodecheck checks a node's network: what blocks connections between tunnel agents and kubelets. It has a script that
// runs on the node and only reads and connects, and the parser of the script's output.
package nodecheck

import (
	_ "embed"
	"fmt"
	"net/netip"
	"strings"

	"github.com/akstools/akstools/internal/podprocess"
)

//go:embed nodecheck.sh
var checks string

// script is what runs on the node.
var script = podprocess.Script + checks

// Input is what to check on one node. Empty fields are not checked.
type Input struct {
	// Agent is a tunnel agent on the node: connections are made from its network namespace; nil: from the node's.
	Agent *Agent
	// API is the endpoint to connect to.
	API *Endpoint
	// Reach are the addresses of nodes whose kubelets to connect to.
	Reach []netip.Addr
	// Services are addresses of Services, and of pods behind them, to connect to.
	Services []netip.AddrPort
	// Egress are the names of HTTPS servers outside the cluster to connect to.
	Egress []string
	// Kubelet is the node's own address: the state of its kubelet is read.
	Kubelet netip.Addr
	// Firewall are addresses: the packet filters are read, and the interface of the route to each of the addresses.
	Firewall []netip.Addr
	// Count are the IPv4 addresses from which connections to this node's kubelet are counted, for CountSeconds.
	Count        []netip.Addr
	CountSeconds int
	// Connections are addresses: the connections that the kernel tracks to them, and to public addresses, are counted. One that is not
	// valid counts only the latter.
	Connections []netip.Addr
}

// Agent is the pod of a tunnel agent.
type Agent struct {
	UID, Name  string
	HealthPort int
}

// Endpoint is the server that tunnel agents connect to.
type Endpoint struct {
	Host string // a name or an address
	Port int
	ALPN string // the protocol that agents offer in TLS; empty: none
	UDP  bool   `json:",omitempty"` // otherwise TCP
}

// Argv returns the command that runs the checks. Its values must not contain white space: the caller checks that names are
// valid.
func (in Input) Argv() []string {
	argv := []string{"/usr/bin/bash", "-c", script, "nodecheck"}
	add := func(format string, args ...any) { argv = append(argv, fmt.Sprintf(format, args...)) }
	if in.Agent != nil {
		add("agent %s %s %d", in.Agent.UID, in.Agent.Name, in.Agent.HealthPort)
	}
	if in.API != nil {
		alpn := in.API.ALPN
		if alpn == "" {
			alpn = "-"
		}
		protocol := "tcp"
		if in.API.UDP {
			protocol = "udp"
		}
		add("api %s %d %s %s", in.API.Host, in.API.Port, alpn, protocol)
	}
	for _, a := range in.Reach {
		add("reach %s", a)
	}
	for _, a := range in.Services {
		add("service %s %d", a.Addr(), a.Port())
	}
	for _, name := range in.Egress {
		add("egress %s", name)
	}
	if in.Kubelet.IsValid() {
		add("kubelet %s", in.Kubelet)
	}
	if len(in.Firewall) > 0 {
		add("firewall %s", words(in.Firewall))
	}
	if len(in.Count) > 0 {
		add("count %d %s", in.CountSeconds, words(in.Count))
	}
	if len(in.Connections) > 0 {
		add("connections %s", words(in.Connections))
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
