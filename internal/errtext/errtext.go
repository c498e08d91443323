// Package errtext explains error messages: where a connection failed, between a client and the API server, in the tunnel
// between the API server and the cluster, at the target, or not at all. It recognizes messages of kubectl, the API server,
// kubelets, konnectivity servers and agents, the older tunnels of AKS (tunnelfront, aks-link) and webhooks. It is pure.
//
// There is one ordered table, of rows with phrases; table in rule.go names the files in their order, one noun a file. White space, quotes,
// backslashes, terminal sequences and case are ignored on both sides (squeeze.go), because errors are pasted from terminals that wrap and
// through shells that remove quotes.
package errtext

// ToCluster reports whether text says that the API server could not connect into the cluster: to a kubelet, a pod or a
// Service. It is false for a client that does not reach the API server, and if the text names neither the API server's side
// nor a kubelet's port.
func ToCluster(text string) bool { return Explain(text).ToCluster() }

// NoAgent reports whether text says that no tunnel agent is connected. In http-connect mode the konnectivity server returns
// 500 in exactly this case, in gRPC mode the message says so.
func NoAgent(text string) bool { return Explain(text).Class == NoAgentConnected }
