package errtext

// answerRules are answers of kubelets and of the API server: a connection stood. They come last, because an answer may
// report a broken connection.
func answerRules() []rule {
	const doctor = "kubectl tunneldoctor"
	return append([]rule{
		{
			when: []string{
				"provide credentials ( pods/", "unable to upgrade connection: Unauthorized", "unable to upgrade connection: Forbidden", "verb= … resource=nodes … subresource=",
			},
			class: KubeletUnauthorized, tunnel: No,
			meaning: "The kubelet was reached and does not accept the API server's credentials or rights. Your own login is fine.",
			causes:  []string{"the kubelet trusts another CA than the API server's: certificates were rotated in part", "the kubelet's authorisation denies the API server"},
			next:    []string{"compare with a pod of another node", "kubectl aksnode run NODE --no-tunnel -- journalctl -u kubelet -n 100"}, source: apiErrors,
		},
		{
			when:    []string{"unable to upgrade connection: container not found"},
			class:   NotFound,
			tunnel:  No,
			meaning: "The kubelet answered: the container does not run.",
			causes:  []string{"it has not started, or it ended", "another name is meant"},
			next:    []string{"kubectl get pod NAME"}, source: kubeletServer,
		},
		{
			when: []string{"unable to upgrade connection", "error upgrading connection"}, class: WrongServer, tunnel: Maybe,
			meaning: "Something answered in the kubelet's place, or a kubelet that does not know the pod.",
			causes:  []string{"a proxy, or another program on 10250", "two nodes with one address, or a node's old address"},
			next:    []string{"kubectl get nodes -o wide", doctor}, source: spdyUpgrade,
		},
		{
			when: []string{
				"lost connection to pod", "error stream for port … Timeout occurred", "error creating forwarding stream", "http2: client connection lost",
				"close 1006", "stream error: stream ID", "use of closed network connection", "^unexpected EOF$", "^EOF$", "Error from server: EOF", "Internal error occurred: unexpected EOF",
			},
			class: ConnectionLost, tunnel: Maybe,
			meaning: "A connection that stood was cut.",
			causes:  []string{"it was idle too long: about 4 minutes for a load balancer's default", "an agent or the API server was restarted", "the pod ended"},
			next:    []string{"keep the connection busy", doctor}, source: portForward,
		},
		{
			when: []string{
				"Metrics API not available", "failing or missing response from", "FailedDiscoveryCheck", "MissingEndpoints", "couldn't get resource list for",
				"unable to retrieve the complete list of server APIs", "unable to handle the request",
			},
			class: ExtensionAPI, tunnel: Maybe,
			meaning: "An aggregated API, as metrics is, does not serve. The text does not tell why; its APIService does.",
			causes:  []string{"metrics-server is down or not ready", "the API server does not reach it: the tunnel or a NetworkPolicy"},
			next:    []string{"kubectl get apiservice v1beta1.metrics.k8s.io -o yaml", "kubectl logs POD, to see whether the tunnel works", doctor}, source: kubectlTop,
		},
		{
			when: []string{"metrics not available yet"}, class: ExtensionAPI, tunnel: No,
			meaning: "The metrics API answers and has no figures yet.",
			causes:  []string{"metrics-server or the pods started less than a minute or two ago", "metrics-server cannot read the kubelets"},
			next:    []string{"try again in a minute", "kubectl logs -n kube-system -l k8s-app=metrics-server"}, source: kubectlTop,
		},
	}, ownRules()...)
}

// ownRules are the API server's own answers to the client.
func ownRules() []rule {
	var rules []rule
	add := func(c Class, tunnel Answer, meaning string, causes, next []string, when ...string) {
		rules = append(rules, rule{when: when, class: c, tunnel: tunnel, meaning: meaning, causes: causes, next: next, source: apiErrors})
	}
	add(Unauthorized, No, "The API server does not accept this client's credentials.",
		[]string{"the login or the certificate in the kubeconfig expired", "local accounts are disabled"},
		[]string{"az login", "az aks get-credentials -g GROUP -n CLUSTER"},
		"You must be logged in to the server", "has asked for the client to provide credentials", "Error from server (Unauthorized)")
	add(Forbidden, No, "The API server answered: this user may not do that.",
		[]string{"a role or a role binding is missing", "Azure RBAC for Kubernetes lacks an assignment", "a quota"},
		[]string{"kubectl auth can-i VERB RESOURCE -n NAMESPACE"},
		"Error from server (Forbidden)", "is forbidden:")
	add(NotFound, No, "The API server answered: it has no such object or resource type.",
		[]string{"another name, namespace or cluster is meant", "the API is not installed"},
		[]string{"kubectl config current-context", "kubectl api-resources"},
		"Error from server (NotFound)", "could not find the requested resource", "the server doesn't have a resource type",
		"pods … not found", "nodes … not found", "services … not found", "deployments.apps … not found", "namespaces … not found", "statefulsets.apps … not found")
	add(Answered, No, "The API server answered, and the answer is its own or its store's.",
		[]string{"the request asks for what cannot be now; the message says what"}, []string{"read the message", "try again"},
		"Error from server (BadRequest)", "Error from server (Conflict)", "Error from server (AlreadyExists)", "Error from server (Invalid)",
		"Error from server (TooManyRequests)", "Error from server (MethodNotAllowed)", "Error from server (Expired)", "Error from server (Gone)",
		"etcdserver:", "is waiting to start", "a container name must be specified", "does not have a host assigned", "received too many requests")
	add(Answered, Maybe, "The API server answered with an error that does not tell where it comes from.",
		[]string{"something that it asked failed: a webhook, an aggregated API, a kubelet", "the API server is overloaded"},
		[]string{"try again", "kubectl tunneldoctor"},
		"Error from server", "an error on the server", "Internal error occurred", "unable to return a response in the time allotted")
	return rules
}
