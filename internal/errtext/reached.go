package errtext

// apiPaths are requests to an API server, by their path. Other programs have paths below /api/v1 too.
func apiPaths() []string {
	paths := []string{"https://…/apis/", "https://…/api?timeout", "https://…/version?timeout", "https://…/version:", "https://…/openapi/v"}
	for _, resource := range []string{
		"namespaces", "nodes", "pods", "services", "configmaps", "secrets", "endpoints", "events", "persistentvolume",
		"replicationcontrollers", "limitranges", "resourcequotas",
	} {
		paths = append(paths, "https://…/api/v1/"+resource)
	}
	return append(paths, "https://…/api/v1?", "https://…/api/v1:")
}

// unread are answers of the API server that did not arrive in time.
func unread() rule {
	r := reading()
	r.and = []string{"while reading body", "context deadline exceeded", "i/o timeout", "context canceled", "request canceled"}
	r.class, r.cause = ClientCannotConnect, CauseTimeout
	r.meaning = "The API server was reached and answered, but its long answer did not reach this client in time."
	r.causes = []string{
		"the network between them is slow: a VPN, a proxy, or large packets that are lost (MTU)",
		"the answer is very large, such as the schema of a cluster with many CRDs, or the API server is overloaded",
		"the client's timeout is short",
	}
	r.next = []string{"try again with --request-timeout=2m", "time kubectl get --raw /openapi/v2 | wc -c", "env | grep -i proxy"}
	return r
}

// torn are answers of the API server that were cut.
func torn() rule {
	r := reading()
	r.and = []string{
		"stream error", "connection lost", "connection reset", "unexpected EOF", "GOAWAY", "forcibly closed", "broken pipe", "timed out",
		"body closed",
	}
	r.class = ConnectionLost
	r.meaning = "The API server was reached and answered; the connection broke while this client read the answer."
	r.causes = []string{
		"the network between them: a VPN, a proxy, a load balancer or Wi-Fi", "the API server was restarted", "the answer is very large",
	}
	r.next = []string{"try again", "env | grep -i proxy"}
	return r
}

// reading is a client, not the API server itself, that reads an answer.
func reading() rule {
	return rule{
		when: []string{
			"error when reading response body", "https://…/api/v1 … while reading body", "https://…/apis/ … while reading body",
			"https://…/openapi/ … while reading body",
		},
		to: []Destination{ToUnknown}, tunnel: No, source: restRequest,
	}
}

// misnamed is an API server that is asked by a name that its certificate does not have.
func misnamed(heads []string) rule {
	return rule{
		when: heads, and: flawName.phrases(), class: ClientCannotConnect, cause: CauseUntrusted, tunnel: No,
		meaning: "This client reached a server whose certificate does not name the address that the client uses for the API server.",
		causes: []string{
			"the API server is reached another way than by its own name: a local forward, SSH, a jump host, a load balancer or a public address",
			"the name or address leads to another server now, such as an ingress controller or a proxy that inspects TLS",
		},
		next: []string{
			"kubectl config set-cluster NAME --tls-server-name=A-NAME-IN-THE-CERTIFICATE", "az aks get-credentials -g GROUP -n CLUSTER",
			"kubectl config view --minify",
		},
		source: tlsServerName,
	}
}

// withoutTLS is a server that speaks no TLS where the client expects the API server.
func withoutTLS(heads []string) rule {
	return rule{
		when: heads, and: noTLS(), class: ClientCannotConnect, cause: CausePlain, tunnel: No,
		meaning: "What this client takes for the API server speaks plain HTTP, without TLS.",
		causes: []string{
			"the kubeconfig has https:// with a wrong port or address, or with that of kubectl proxy, which speaks http://",
			"an HTTP proxy or a login page of the network answers",
		},
		next:   []string{"kubectl config view --minify", "env | grep -i proxy"},
		source: kubectlHelpers,
	}
}

// noTLS are the phrases of Go, OpenSSL, Java and .NET for an answer that is not TLS.
func noTLS() []string {
	return []string{
		"server gave HTTP response to HTTPS client", "first record does not look like a TLS handshake", "oversized record received",
		"WRONG_VERSION_NUMBER", "wrong version number",
		"Unrecognized SSL message, plaintext connection", "Unsupported or unrecognized SSL message",
		"unexpected packet format", "Cannot determine the frame size or a corrupted frame was received",
	}
}
