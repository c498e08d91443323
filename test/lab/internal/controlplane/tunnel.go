package controlplane

import (
	"fmt"
	"os"
	"slices"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

// Tunnel is how the API server reaches nodes and pods.
type Tunnel string

// The tunnels that AKS has used, and none, as with API Server VNet Integration. Konnectivity uses HTTP CONNECT with the
// API server, as AKS most likely does; it also supports gRPC.
const (
	Konnectivity     Tunnel = "konnectivity"
	KonnectivityGRPC Tunnel = "konnectivity-grpc"
	Tunnelfront      Tunnel = "tunnelfront" // OpenSSH on 9000/tcp
	AksLink          Tunnel = "aks-link"    // OpenVPN on 1194/udp
	NoTunnel         Tunnel = "none"
)

// Tunnels returns all tunnels, the default first.
func Tunnels() []Tunnel {
	return []Tunnel{Konnectivity, KonnectivityGRPC, Tunnelfront, AksLink, NoTunnel}
}

// Validate returns an error if there is no such tunnel.
func (t Tunnel) Validate() error {
	if !slices.Contains(Tunnels(), t) {
		return fmt.Errorf("unknown tunnel %q: one of %v", t, Tunnels())
	}
	return nil
}

// Deployment returns the name of the agents' Deployment in kube-system, and of its manifest; empty if there is none.
func (t Tunnel) Deployment() string {
	switch t {
	case Konnectivity, KonnectivityGRPC:
		return "konnectivity-agent"
	case Tunnelfront, AksLink:
		return string(t)
	case NoTunnel:
	}
	return ""
}

// selector returns the names of the tunnel's protocol in the API server's egress selector and in the konnectivity
// server; ok is false if the API server has no egress selector.
func (t Tunnel) selector() (protocol, mode string, ok bool) {
	switch t {
	case Konnectivity:
		return "HTTPConnect", "http-connect", true
	case KonnectivityGRPC:
		return "GRPC", "grpc", true
	case Tunnelfront, AksLink, NoTunnel:
	}
	return "", "", false
}

const (
	tunnelSocket   = "konnectivity.sock"
	egressSelector = "egress-selector.yaml"
)

func writeEgressSelector(protocol string) error {
	text := fmt.Sprintf(`apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
- name: cluster
  connection:
    proxyProtocol: %s
    transport:
      uds:
        udsName: %s
`, protocol, layout.In("run", tunnelSocket))
	return os.WriteFile(layout.In("run", egressSelector), []byte(text), 0o644)
}

// startTunnel starts the control plane's end of the tunnel.
func (c ControlPlane) startTunnel() error {
	if protocol, mode, ok := c.Tunnel.selector(); ok {
		if err := writeEgressSelector(protocol); err != nil {
			return err
		}
		return c.run(TunnelServer, nil, konnectivityArgs(mode)...)
	}
	switch c.Tunnel {
	case Tunnelfront:
		return c.startSSH()
	case AksLink:
		return c.startVPN()
	case Konnectivity, KonnectivityGRPC, NoTunnel:
	}
	return nil
}

func konnectivityArgs(mode string) []string {
	return []string{
		"--mode=" + mode, "--uds-name=" + layout.In("run", tunnelSocket), "--delete-existing-uds-file", "--server-port=0",
		"--agent-port=8132", "--agent-bind-address=127.0.0.1", "--admin-port=8133", "--admin-bind-address=127.0.0.1",
		"--health-port=8134", "--health-bind-address=127.0.0.1",
		"--server-count=1", "--server-id=lab", "--proxy-strategies=defaultRoute", "--keepalive-time=30s", "--enable-contention-profiling=false",
		"--cluster-cert=" + layout.PKI("konnectivity-server.crt"), "--cluster-key=" + layout.PKI("konnectivity-server.key"),
		"--cluster-ca-cert=" + layout.PKI("ca.crt"), "--v=2",
	}
}
