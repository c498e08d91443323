package errtext

// autoscalerRules are conditions and events of HorizontalPodAutoscalers. The controller asks three APIs: metrics.k8s.io, which
// metrics-server serves, and custom.metrics.k8s.io and external.metrics.k8s.io, which adapters serve.
func autoscalerRules() []rule {
	fetch := []string{
		"unable to fetch metrics from API", "unable to fetch metrics from resource metrics API",
		"unable to fetch metrics from custom metrics API",
		"unable to fetch metrics from external metrics API",
	}
	list := "kubectl get apiservices | grep metrics"
	row := func(c Class, tunnel Answer, meaning string, causes, next []string, and ...string) rule {
		return rule{when: fetch, and: and, class: c, tunnel: tunnel, meaning: meaning, causes: causes, next: next, source: hpa}
	}
	unknown := row(
		ExtensionAPI,
		No,
		"The adapter of the metrics API was reached and answered: it has no such metric for that kind of object.",
		[]string{
			"the metric exists for another kind, such as a Service or a Job, or by another name: see the adapter's rules",
			"nothing has reported the metric yet",
		},
		[]string{"kubectl get --raw /apis/custom.metrics.k8s.io/v1beta1", "read the log of the adapter"},
	)
	unknown.when = []string{"the server could not find the metric", "the server could not find the descriptor for metric"}
	empty := row(
		ExtensionAPI,
		No,
		"The adapter of the metrics API was reached and answered with no values.",
		[]string{
			"the selector or query matches nothing",
			"nothing reports the metric now",
		},
		[]string{"kubectl describe hpa NAME", "read the log of the adapter"},
	)
	empty.when = []string{
		"no metrics returned from custom metrics API", "no metrics returned from external metrics API", "No matching metrics found for",
		"no custom metrics returned", "no external metrics returned",
	}
	requests := row(MetricsServer, No, "The autoscaler cannot compute a share: containers of the pods do not say what they request.",
		[]string{"a container, often a sidecar, has no resources.requests for what is scaled by"},
		[]string{"set resources.requests in every container", "kubectl describe hpa NAME"})
	requests.when = []string{"missing request for cpu", "missing request for memory", "missing request for ephemeral-storage"}
	return []rule{
		unknown, empty, requests,
		row(
			Forbidden,
			No,
			"The server of the metrics API was reached and does not let the autoscaler read the metric.",
			[]string{
				"a role binding for system:serviceaccount:kube-system:horizontal-pod-autoscaler is missing: it comes with the adapter",
			},
			[]string{"kubectl get clusterrolebindings | grep -i metrics", "read the log of the adapter"},
			"is forbidden:",
		),
		row(ExtensionAPI, No, "The cluster has no such metrics API as the autoscaler asks for: nothing has registered it.",
			[]string{
				"metrics-server, or for custom and external metrics an adapter such as KEDA or prometheus-adapter, is not installed",
				"the adapter is registered and answers that it does not know the metric",
			},
			[]string{list, "kubectl describe hpa NAME"},
			"could not find the requested resource", "no known available metric versions found", "registered"),
		row(
			ExtensionAPI,
			Maybe,
			"The metrics API that the autoscaler asks is registered and does not serve; the status of its APIService says why.",
			[]string{
				"metrics-server or the adapter is down or not ready", "the API server does not reach it, because of the tunnel or a NetworkPolicy",
			},
			[]string{
				list,
				"kubectl get apiservice NAME -o yaml",
				"check whether the tunnel works: kubectl logs POD",
				"kubectl tunneldoctor",
			},
			"unable to handle the request",
		),
		row(
			ExtensionAPI,
			No,
			"The adapter of the metrics API was reached and could not get the metric from its own source.",
			[]string{
				"its source does not answer or refuses: Prometheus, Azure Monitor, a queue",
				"its credentials for the source are wrong",
			},
			[]string{
				"read the log of the adapter",
				"kubectl describe hpa NAME",
			},
			"Internal error occurred",
			"rpc error:",
			"an error on the server",
		),
	}
}
