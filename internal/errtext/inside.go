package errtext

import "slices"

// insideRules are connections that pods of the cluster make themselves: to other pods, and to kubelets for figures. The API server and its
// tunnel have no part in them.
func insideRules() []rule {
	apiServer := []string{ // whose requests these are not
		"error dialing backend", "proxy error from", "calling webhook", "failed to call webhook", "Error from server",
		"error trying to reach service",
		"an error on the server",
	}
	failed := slices.Concat(
		phrasesOf(CauseTimeout), phrasesOf(CauseRefused), phrasesOf(CauseDNS), phrasesOf(CauseUnreachable), phrasesOf(CauseReset),
		[]string{"request canceled"},
	)
	return []rule{
		{
			when: []string{"svc.cluster.local"}, and: failed, not: apiServer, class: Elsewhere, tunnel: No,
			meaning: "A pod could not reach a Service of the cluster: only pods use names that end in cluster.local. The tunnel has no part in it.",
			causes: []string{
				"a NetworkPolicy of either namespace does not allow it", "the Service has no ready pods, or the wrong port",
				"the cluster's DNS does not answer, if it says lookup",
			},
			next:   []string{"kubectl insideout svc/NAME -n NAMESPACE", "kubectl get networkpolicies -n NAMESPACE"},
			source: "https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/",
		},
		{
			when: []string{
				":10250/metrics", ":10250/pods", ":10250/stats", ":10255/",
			},
			and: failed, not: append(slices.Clone(apiServer), "from kubelet", "scrape node", "metrics-server"), class: Elsewhere, tunnel: No,
			meaning: "A program in the cluster, such as a monitoring agent, asks a kubelet for figures itself and gets no good answer. " +
				"The tunnel has no part in it.",
			causes: []string{
				"the kubelet is slow, such as on a node with many pods or little CPU", "the program's timeout is short",
				"a firewall or a NetworkPolicy drops what the pod sends to port 10250",
			},
			next:   []string{"kubectl get --raw /api/v1/nodes/NODE/proxy/metrics | wc -c", "kubectl top nodes"},
			source: "https://kubernetes.io/docs/reference/instrumentation/metrics/",
		},
	}
}
