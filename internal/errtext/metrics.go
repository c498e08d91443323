package errtext

// metricsRules are lines of metrics-server's log, and of clients about its API. metrics-server is a pod: it asks kubelets directly.
func metricsRules() []rule {
	scrape := []string{
		"Failed to scrape node", "unable to fully scrape metrics", "unable to fully collect metrics", "unable to fetch metrics from Kubelet",
		"unable to fetch metrics from node", "unable to scrape metrics from node",
	}
	own := []string{"kubectl logs -n kube-system -l k8s-app=metrics-server --tail=50", "kubectl get nodes -o wide"}
	row := func(meaning string, causes []string, and ...string) rule {
		return rule{
			when: scrape, and: and, class: MetricsServer, tunnel: No, meaning: meaning, causes: causes, next: own, source: metricsServer,
		}
	}
	return []rule{
		row("metrics-server reached a kubelet and does not accept its serving certificate. The tunnel is not involved.",
			[]string{
				"the kubelet's certificate is self-signed, or not for the node's address: its rotation is off or a request is pending",
				"metrics-server runs without the right --kubelet-certificate-authority",
			}, "x509:", "tls:"),
		row("metrics-server cannot resolve the node's name. The tunnel is not involved.",
			[]string{"it prefers host names to addresses: --kubelet-preferred-address-types"}, "no such host", "server misbehaving"),
		row("metrics-server got no answer from a kubelet in time. metrics-server is a pod: the tunnel is not involved.",
			[]string{
				"the node is overloaded, or its kubelet hangs", "packets from the pod to the node's port 10250 are dropped by a firewall or an NSG",
			}, phrasesOf(CauseTimeout)...),
		row("A kubelet's port refused metrics-server. The tunnel is not involved.",
			[]string{"the kubelet is down", "metrics-server asks a wrong port, such as 10255"}, "connection refused"),
		row("metrics-server could not read a kubelet's metrics. The tunnel is not involved.",
			[]string{"the kubelet does not accept metrics-server: 401 or 403", "the node is gone", "the way from its pod to the node"}),
		{
			when: []string{
				"unable to fetch pod metrics", "unable to fetch node metrics", "no metrics known for", "metrics not available for pod",
				"unable to get metrics for resource", "did not receive metrics for",
			},
			not:   []string{"dial tcp", "Trying to reach"},
			class: MetricsServer, tunnel: No,
			meaning: "metrics-server has no metrics of that pod or node yet.",
			causes: []string{
				"the pod or metrics-server started less than two minutes ago", "metrics-server cannot read the kubelet of its node: see its log",
				"for an autoscaler: the containers have no resource requests",
			},
			next: append([]string{"kubectl top nodes"}, own[0]), source: metricsServer,
		},
		{
			when:  []string{"OpenAPI spec does not exist", "failed to retrieve openAPI spec … could not find the requested resource"},
			class: Harmless, tunnel: No,
			meaning: "Harmless: the API server reached an aggregated API, which does not publish an OpenAPI document. The API itself works.",
			causes:  []string{"some servers of metrics do not offer one"},
			next:    []string{"nothing"},
			source:  "https://github.com/kubernetes/kubernetes/issues/121829",
		},
		{
			when:  []string{"Got empty response for:"},
			class: ExtensionAPI, tunnel: No,
			meaning: "Harmless: an aggregated API answers with an empty list, which some versions of this client report as an error.",
			causes:  []string{"an external metrics API without metrics, such as KEDA without ScaledObjects"},
			next:    []string{"update kubectl or helm", "kubectl get apiservices"},
			source:  "https://github.com/kedacore/keda/issues/4224",
		},
	}
}
