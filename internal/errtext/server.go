package errtext

// serverRules are lines of the konnectivity server's own log. On AKS, Microsoft runs it and nobody else sees its log.
func serverRules() []rule {
	line := func(c Class, tunnel Answer, meaning string, causes, next []string, when ...string) rule {
		return rule{when: when, class: c, tunnel: tunnel, meaning: meaning, causes: causes, next: next, source: konnectServer}
	}
	asked := line(AgentBenign, Maybe, "The konnectivity server logs that it passed a request on to an agent.",
		[]string{"normal operation", "if no DIAL_RSP follows a DIAL_REQ: the agent that was picked is gone or hangs"},
		[]string{"look for DIAL_RSP after each DIAL_REQ", "kubectl get pods -n kube-system -l app=konnectivity-agent -o wide"},
		"DIAL_REQ sent to backend", "Received DIAL_REQ", "pick agentID", "Pick agent as backend")
	asked.beside = []Class{NoAgentConnected, TunnelReset, ConnectionLost, Timeout, Refused, Unreachable, DialFailed}
	return []rule{
		asked,
		line(NoAgentConnected, Yes, "The konnectivity server, the tunnel's own, has no agent to which it could pass the request on.",
			[]string{"no tunnel agent is connected, or none of those that may serve the address"},
			[]string{"kubectl get pods -n kube-system -l app=konnectivity-agent", "kubectl tunneldoctor"},
			"Failed to get a backend"),
		line(TunnelReset, Yes, "The konnectivity server could not pass something on to an agent, or got no answer: its connection is dead.",
			[]string{"the agent's pod or node is gone, or hangs", "the network between agent and server lost the connection"},
			[]string{"kubectl get pods -n kube-system -l app=konnectivity-agent -o wide", "kubectl tunneldoctor"},
			"DIAL_REQ to Backend failed", "DATA to Backend failed", "backend dial timed out before connection was established",
			"Receive stream from agent read failure", "backend context closed before connection was established"),
		line(ConnectionLost, Maybe, "The konnectivity server logs that a connection through the tunnel was closed while data was on its way: "+
			"by the API server, for a client that went away, or by an agent.",
			[]string{"by itself harmless, and normal when clients end", "if all end at once: the API server or the agents were restarted"},
			[]string{"nothing, if logs and exec work", "look for \"No agent available\" and \"DIAL_REQ to Backend failed\" beside it"},
			"Stream read from frontend failure", "could not get frontend client", "can't find connID", "CLOSE_REQ to Backend failed",
			"CLOSE_RSP send to client stream error", "CLOSE_RSP to frontend failed", "DIAL_CLS send to client stream error",
			"DIAL_RSP send to frontend stream failure", "send to client stream failure", "Dial cancelled (DIAL_CLS) by frontend",
			"Data does not match first connection id"),
	}
}
