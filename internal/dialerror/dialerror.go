// Package dialerror tells from an error's text where a connection through the API server broke.
package dialerror

import "strings"

// tunnelDown are the phrases by which a failed connection from the API server into the cluster is told, whatever asked
// for it: the API server's egress selector (kubernetes staging/src/k8s.io/apiserver/pkg/server/egressselector/egress_selector.go),
// the konnectivity server in gRPC mode (kubernetes-sigs/apiserver-network-proxy) and the API server's proxy to kubelets.
var tunnelDown = []string{
	"proxy error from ",
	"No agent available",
	"error dialing backend",
	"dialing proxy ",
	"reading HTTP response from CONNECT to ",
	"/tunnel-uds/",
}

// ToCluster says whether text is the report of a connection that the API server could not make into the cluster: to a
// kubelet, a pod or a Service. It is false for a client that does not reach the API server.
func ToCluster(text string) bool {
	for _, phrase := range tunnelDown {
		if strings.Contains(text, phrase) {
			return true
		}
	}
	return false
}

// NoAgent says whether the text tells that no tunnel agent is connected: in http-connect mode the konnectivity server
// answers 500 then and only then, in gRPC mode it says so.
func NoAgent(text string) bool {
	return strings.Contains(text, "No agent available") ||
		strings.Contains(text, "proxy error from ") && strings.Contains(text, "code 500")
}
