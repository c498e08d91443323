package controlplane

import (
	"log"
	"net"
	"os"

	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/relay"
)

// FrontCommand is the hidden subcommand that serves the front in a process of its own.
const FrontCommand = "front"

// The backends of the front, in the control plane's network namespace.
const (
	apiServerAddr   = "127.0.0.1:443"
	tunnelAgentAddr = "127.0.0.1:8132"
)

// Front is the load balancer of an AKS control plane on port 443: it forwards TLS clients that offer the protocol
// `konnectivity` to the konnectivity server, and all others to the API server. It serves the n listeners that it
// inherited as descriptors from 3 on, and one on the control plane's own address. It returns only on error.
func Front(n int) error {
	own, err := net.Listen("tcp", net.JoinHostPort(layout.ControlPlaneIP, "443"))
	if err != nil {
		return err
	}
	listeners := []net.Listener{own}
	for fd := 3; fd < 3+n; fd++ {
		l, err := net.FileListener(os.NewFile(uintptr(fd), "listener"))
		if err != nil {
			return err
		}
		listeners = append(listeners, l)
	}
	failed := make(chan error)
	for _, l := range listeners {
		go func() { failed <- serve(l) }()
	}
	return <-failed
}

func serve(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go forward(c.(*net.TCPConn))
	}
}

func forward(client *net.TCPConn) {
	defer client.Close()
	hello := relay.ReadHello(client)
	addr := apiServerAddr
	if hello.FromAgent() {
		addr = tunnelAgentAddr
	}
	c, err := net.Dial("tcp", addr)
	if err != nil {
		log.Printf("%s -> %s: %v", client.RemoteAddr(), addr, err)
		return
	}
	server := c.(*net.TCPConn)
	defer server.Close()
	if _, err := server.Write(hello.Bytes); err != nil {
		return
	}
	relay.Join(server, client)
}
