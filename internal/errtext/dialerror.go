// Package errtext tells from an error's text where a connection broke: between a client and the API server, in the
// tunnel between the API server and the cluster, at the target, or nowhere. It knows the texts of kubectl, the API server,
// kubelets, konnectivity servers and agents, the older tunnels of AKS (tunnelfront, aks-link) and webhooks.
//
// There is one ordered table: policy.go, node.go, agent.go, client.go, tunnel.go, target.go, tls.go, answer.go. Its rows hold
// phrases; white space, quotes, backslashes, terminal sequences and case are ignored on both sides (squeeze.go), because
// errors are pasted from terminals that wrap and through shells that take the quotes away.
package errtext

// ToCluster reports whether text is the report of a connection that the API server could not make into the cluster: to a
// kubelet, a pod or a Service. It is false for a client that does not reach the API server, and where the text names
// neither the API server's side nor a kubelet's port.
func ToCluster(text string) bool { return Explain(text).ToCluster() }

// NoAgent reports whether the text tells that no tunnel agent is connected: in http-connect mode the konnectivity server
// answers 500 then and only then, in gRPC mode it says so.
func NoAgent(text string) bool { return Explain(text).Class == NoAgentConnected }
