package errtext

// answerRules are errors that kubelets and the API server returned over a working connection. They come last, because such an
// error may report a broken connection.
func answerRules() []rule {
	const doctor = "kubectl tunneldoctor"
	return append([]rule{
		{
			when: []string{
				"provide credentials ( pods/", "unable to upgrade connection: Unauthorized",
				"unable to upgrade connection: Forbidden", "verb= … resource=nodes … subresource=",
			},
			class: KubeletUnauthorized, tunnel: No,
			meaning: "The kubelet was reached and does not accept the API server's credentials or permissions. Your own login is fine.",
			causes: []string{
				"the kubelet trusts a different CA than the API server's: an incomplete certificate rotation",
				"the kubelet's authorization denies the API server",
			},
			next:   []string{"compare with a pod on another node", "kubectl aksnode run NODE --no-tunnel -- journalctl -u kubelet -n 100"},
			source: apiErrors,
		},
		{
			when:  []string{"could not find the requested resource ( pods/"},
			class: WrongServer, tunnel: Maybe,
			meaning: "A kubelet answered that it does not know the pod: it is not the kubelet of the pod's node.",
			causes: []string{
				"two nodes have the same address, or the Node object has an outdated one", "the pod has just moved or ended",
			},
			next:   []string{"kubectl get nodes -o wide", "kubectl get pod NAME -o wide", doctor},
			source: kubeletServer,
		},
		{
			when:  []string{"field is immutable"},
			class: Answered, tunnel: No,
			meaning: "The API server refused the change: this field cannot be changed.",
			causes: []string{
				"the pod template of a Job was changed", "a Secret or ConfigMap has immutable: true",
				"the selector of a Deployment was changed, such as by a label that belongs on its pod template only",
			},
			next: []string{
				"change only mutable fields, such as labels of a Deployment's pod template",
				"delete the object and create it again; with a new selector, pods that were kept by --cascade=orphan are not adopted",
			},
			source: "https://kubernetes.io/docs/concepts/configuration/secret/#secret-immutable",
		},
		{
			when:    []string{"unable to upgrade connection: container not found"},
			class:   NotFound,
			tunnel:  No,
			meaning: "The kubelet answered: the container is not running.",
			causes:  []string{"it has not started yet, or has exited", "the name is wrong"},
			next:    []string{"kubectl get pod NAME"},
			source:  kubeletServer,
		},
		{
			when:  []string{"request did not complete within requested timeout"},
			class: Answered, tunnel: Maybe,
			meaning: "The API server gave up the request after the time that it or the client allows: something that it waits for is slow.",
			causes: []string{
				"an admission webhook that does not answer: with failurePolicy Ignore, it only delays", "etcd or the API server is overloaded",
			},
			next:   []string{"kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations", doctor},
			source: apiErrors,
		},
		{
			when:  []string{"unable to upgrade connection", "error upgrading connection"},
			not:   []string{"is forbidden:"},
			class: WrongServer, tunnel: Maybe,
			meaning: "Something else answered in the kubelet's place, or a kubelet that does not know the pod.",
			causes:  []string{"a proxy or another program on 10250", "two nodes with the same address, or an outdated node address"},
			next:    []string{"kubectl get nodes -o wide", doctor},
			source:  spdyUpgrade,
		},
		{
			when: []string{
				"^http2: client connection lost", "https://…/api/v1 … : http2: client connection lost",
				"https://…/apis/ … : http2: client connection lost",
				"^read tcp", "^write tcp", "error reading from error stream", "next reader: read tcp",
			},
			and:   append(phrasesOf(CauseReset), "connection timed out", "operation timed out", "did not properly respond"),
			to:    []Destination{ToUnknown},
			port:  []string{"", "443", "6443", "16443"},
			class: ConnectionLost, tunnel: No,
			meaning: "This client's connection to the API server died while it was used. The network between the two lost it.",
			causes: []string{
				"this computer's network changed: a VPN went up or down, another Wi-Fi, sleep",
				"a firewall, NAT or load balancer on the way dropped the connection as idle", "the API server was restarted",
			},
			next:   []string{"try again", "keep the connection active"},
			source: "https://github.com/kubernetes/kubectl/issues/1313",
		},
		{
			when:  []string{"… error: unexpected EOF", "okhttp3.internal.ws … EOFException", "EOFException … okhttp3.internal.ws"},
			to:    []Destination{ToUnknown},
			class: ConnectionLost, tunnel: Maybe,
			meaning: "A stream of logs, exec or port-forward was cut off without a word. Which part of the way did it, the text does not tell.",
			causes: []string{
				"nothing was sent for some minutes: a load balancer, a proxy or the API server ended the stream as idle",
				"the API server, a tunnel agent, the kubelet or the container was restarted",
			},
			next: []string{
				"look whether it always comes after the same time: then it is an idle timeout", "kubectl get pods -A -o wide, for restarts", doctor,
			},
			source: "https://github.com/kubernetes/kubectl/issues/595",
		},
		{
			when:  []string{"^read tcp … i/o timeout"},
			to:    []Destination{ToUnknown},
			port:  []string{"443", "6443", "16443"},
			class: Timeout, tunnel: Maybe,
			meaning: "The API server took the connection and sent nothing in time. For exec, logs and port-forward it may itself wait for the node.",
			causes: []string{
				"the tunnel or the node does not answer the API server, if it is exec, logs or port-forward",
				"packets between this client and the API server are lost",
			},
			next:   []string{"kubectl get --raw /version", doctor},
			source: learnTunnel,
		},
		{
			when: []string{
				"lost connection to pod", "http2: client connection lost",
				"error stream for port … Timeout occurred", "Timed out waiting for data stream",
				"Error proxying data from client to backend", "Error proxying data from backend to client", "error creating forwarding stream",
				"close 1006", "Dropping out copy after", "stream error: stream ID", "use of closed network connection", "^unexpected EOF$", "^EOF$",
				"Error from server: EOF", "Internal error occurred: unexpected EOF",
			},
			beside: []Class{Elsewhere, NotRunning},
			class:  ConnectionLost, tunnel: Maybe,
			meaning: "An established connection was cut.",
			causes: []string{
				"it was idle too long: Azure load balancers cut idle connections after 4 minutes by default",
				"an agent or the API server was restarted", "the pod terminated",
			},
			next:   []string{"keep the connection active", doctor},
			source: portForward,
		},
		{
			when:  []string{"unable to handle the request ( pods/", "unable to handle the request ( nodes/"},
			class: DialFailed, tunnel: Maybe,
			meaning: "Something between the API server and the kubelet answered 503 in the kubelet's place.",
			causes: []string{
				"another tunnel than konnectivity has no agent on that node: OpenYurt, KubeEdge", "an HTTP proxy is set for the API server",
			},
			next:   []string{"kubectl get pod NAME -o wide", doctor},
			source: "https://github.com/openyurtio/openyurt/issues/561",
		},
		{
			when: []string{
				"Metrics API not available", "failing or missing response from", "FailedDiscoveryCheck", "MissingEndpoints",
				"couldn't get resource list for", "failed to retrieve openAPI spec",
				"unable to retrieve the complete list of server APIs", "unable to handle the request",
			},
			class: ExtensionAPI, tunnel: Maybe,
			meaning: "An aggregated API, such as the metrics API, does not serve. The text does not tell why; the status of its APIService does.",
			causes:  []string{"metrics-server is down or not ready", "the API server does not reach it, because of the tunnel or a NetworkPolicy"},
			next:    []string{"kubectl get apiservice v1beta1.metrics.k8s.io -o yaml", "check whether the tunnel works: kubectl logs POD", doctor},
			source:  kubectlTop,
		},
		{
			when:  []string{"metrics not available yet"},
			class: ExtensionAPI, tunnel: No,
			meaning: "The metrics API works, but has no metrics yet.",
			causes:  []string{"metrics-server or the pods started less than two minutes ago", "metrics-server cannot scrape the kubelets"},
			next:    []string{"try again in a minute", "kubectl logs -n kube-system -l k8s-app=metrics-server"},
			source:  kubectlTop,
		},
	}, ownRules()...)
}

// ownRules are errors of the API server itself.
func ownRules() []rule {
	var rules []rule
	add := func(c Class, tunnel Answer, meaning string, causes, next []string, when ...string) {
		rules = append(rules, rule{when: when, class: c, tunnel: tunnel, meaning: meaning, causes: causes, next: next, source: apiErrors})
	}
	add(Unauthorized, No, "The API server rejects this client's credentials.",
		[]string{"the login or the kubeconfig's certificate expired", "local accounts are disabled"},
		[]string{"az login", "az aks get-credentials -g GROUP -n CLUSTER"},
		"You must be logged in to the server", "has asked for the client to provide credentials", "Error from server (Unauthorized)")
	add(Forbidden, No, "The API server answered: the request had no credentials that it accepts, and anonymous users may not do that.",
		[]string{
			"the client or library sent no token or certificate", "it asks with http:// or through something that removes the credentials",
			"the kubeconfig's user has no credentials",
		},
		[]string{"kubectl config view --minify", "kubectl auth whoami"},
		"is forbidden: User system:anonymous", "Forbidden: User system:anonymous")
	add(Forbidden, No, "The API server answered: a program's account, not the person who asks, may not do that.",
		[]string{
			"a role binding of that service account or node is missing, or was removed by an upgrade",
			"the pod uses the default service account",
		},
		[]string{"kubectl auth can-i VERB RESOURCE -n NAMESPACE --as=ACCOUNT-IN-THE-MESSAGE"},
		"is forbidden: User system:serviceaccount:", "is forbidden: User system:node:", "is forbidden: User system:kube-",
		"Forbidden: User system:serviceaccount:")
	add(Answered, No, "The API server answered: a PodDisruptionBudget does not allow the eviction now.",
		[]string{
			"too few pods of the workload are ready, or it has only as many as the budget wants", "two budgets select the same pod",
		},
		[]string{"kubectl get poddisruptionbudgets -A", "kubectl get pods -o wide"},
		"would violate the pod's disruption budget", "This pod has more than one PodDisruptionBudget")
	add(Forbidden, No, "The API server answered: this user may not do that.",
		[]string{"a role or a role binding is missing", "an Azure RBAC role assignment is missing", "a quota is exceeded"},
		[]string{"kubectl auth can-i VERB RESOURCE -n NAMESPACE"},
		"Error from server (Forbidden)", "is forbidden:")
	add(NotFound, No, "The API server answered: the object or resource type does not exist.",
		[]string{"the name, namespace or cluster is wrong", "the API is not installed"},
		[]string{"kubectl config current-context", "kubectl api-resources"},
		"Error from server (NotFound)", "could not find the requested resource", "the server doesn't have a resource type", "no matches for kind",
		"pods … not found", "nodes … not found", "services … not found", "deployments.apps … not found",
		"namespaces … not found", "statefulsets.apps … not found")
	add(Answered, No, "The API server answered; the error is its own or etcd's.",
		[]string{"the request is invalid or not possible now: see the message"}, []string{"read the message", "try again"},
		"Error from server (BadRequest)", "Error from server (Conflict)", "Error from server (AlreadyExists)", "Error from server (Invalid)",
		"Error from server (TooManyRequests)", "Error from server (MethodNotAllowed)", "Error from server (Expired)", "Error from server (Gone)",
		"etcdserver:", "is waiting to start", "a container name must be specified", "received too many requests")
	add(Answered, Maybe, "The API server, or what stands before it, answered with an error. The text does not tell where it comes from.",
		[]string{"a request of its own failed: to a webhook, an aggregated API or a kubelet", "the API server is overloaded"},
		[]string{"try again", "kubectl tunneldoctor"},
		"Error from server", "an error on the server", "Internal error occurred", "unable to return a response in the time allotted")
	return rules
}
