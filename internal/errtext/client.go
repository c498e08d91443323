package errtext

import (
	"slices"
	"strings"
)

// clientRules are errors of a client, kubectl or a component on a node, that does not reach the API server; the tunnel is not
// involved. They are recognized by the phrase before the error, or by the API server's name or path in it.
func clientRules() []rule {
	heads := []string{
		"Unable to connect to the server", "The connection to the server … was refused", "server API group list: Get",
		"could not get server version", "Max retries exceeded with url: /api", "NewConnectionError", "KubernetesClientException",
		"Kubernetes cluster unreachable", "remote name could not be resolved … azmk8s.io", "failed to get API group resources",
		"hcp. … FetchError", "FetchError: request to https://",
	}
	// without such a head, these only count if nothing says that the API server itself was connecting
	urls := []string{
		"https://…/api/v1 … dial tcp", "https://…/apis/ … dial tcp", "https://…/api? … dial tcp", "https://…/version? … dial tcp",
		"apiserver … /version: dial tcp",
		"azmk8s.io … dial tcp", "azk8s.cn … dial tcp", "containerservice.azure.us … dial tcp", ": lookup … azmk8s.io",
	}
	// beside them, these failures need no "dial tcp": TLS and what follows it
	late := map[Cause][]string{
		CauseExpired: {"x509:"}, CauseUntrusted: {"x509:", "tls: failed to verify certificate"},
		CauseTimeout: {
			": net/http: TLS handshake timeout",
			": context deadline exceeded",
			": net/http: request canceled",
			": read tcp … timed out",
		},
		CauseReset: {
			": EOF",
			": unexpected EOF",
			": read tcp … connection reset",
			": read tcp … forcibly closed",
		},
	}
	answered := []string{"Failure executing"} // fabric8's client quotes the API server
	var rules []rule
	add := func(c Cause, source, meaning string, causes []string, next ...string) {
		r := rule{
			not: answered, and: phrasesOf(c), class: ClientCannotConnect, cause: c, tunnel: No, meaning: meaning, causes: causes,
			next:   next,
			source: source,
		}
		r.when = heads
		rules = append(rules, r)
		if c != "" {
			r.when, r.to = urls, []Destination{ToUnknown}
			rules = append(rules, r)
			r.when, r.not = nil, append(slices.Clone(answered), "/exec?…: EOF", "/attach?…: EOF", "/portforward…: EOF") // proxy.go
			for _, end := range late[c] {
				for _, path := range apiPaths() {
					r.when = append(r.when, path+" … "+end)
				}
				if strings.HasPrefix(end, ":") {
					r.when = append(r.when, "https://…/version"+end, "https://…/api/v1"+end)
				}
			}
			if len(r.when) > 0 {
				rules = append(rules, r)
			}
			r.not = answered
			r.when, r.port = []string{"connect E"}, []string{"443", "6443", "16443"} // of Node.js
			rules = append(rules, r)
		}
	}
	const show = "az aks show -g GROUP -n CLUSTER --query '{fqdn:fqdn,private:privateFqdn," +
		"ranges:apiServerAccessProfile.authorizedIpRanges,power:powerState.code}'"
	add(CauseCredentials, kubectlHelpers, "kubectl could not get credentials, before sending any request to the API server.",
		[]string{"the login expired", "kubelogin or another credential plugin is missing or failed"}, "az login",
		"kubelogin convert-kubeconfig -l azurecli")
	add(CauseDNS, learnAPIServer, "This client cannot resolve the API server's name.",
		[]string{
			"the cluster is private and its DNS zone is not linked to this network",
			"the cluster was stopped, deleted or re-created", "this client's DNS does not work",
		},
		show, "az aks command invoke -g GROUP -n CLUSTER --command 'kubectl get nodes'")
	add(CauseExpired, learnExpired, "A certificate between this client and the API server has expired or is not valid yet.",
		[]string{"the cluster's certificates expired", "the kubeconfig is outdated", "this client's clock is wrong"},
		"az aks get-credentials -g GROUP -n CLUSTER")
	for _, r := range []rule{misnamed(heads), withoutTLS(heads)} {
		rules = append(rules, r)
		r.when, r.to = apiPaths(), []Destination{ToUnknown}
		rules = append(rules, r)
	}
	add(CauseUntrusted, kubectlHelpers, "This client does not trust the certificate that was presented for the API server.",
		[]string{"the kubeconfig is from before a certificate rotation, or for another cluster", "a proxy inspects TLS"},
		"az aks get-credentials -g GROUP -n CLUSTER", "env | grep -i proxy")
	add(CauseTimeout, learnRanges, "This client's connection to the API server gets no answer.",
		[]string{
			"the API server's authorized IP ranges do not include this client's address",
			"the cluster is private and this client is not in its network", "this client's firewall or VPN",
		},
		show)
	add(CauseRefused, kubectlHelpers, "The address in the kubeconfig refused this client's connection.",
		[]string{"kubectl uses the wrong kubeconfig or none (localhost:8080 is its default)", "the API server is down or restarting"},
		"kubectl config view --minify", "kubectl config get-contexts")
	add(CauseUnreachable, kubectlHelpers, "This client has no route to the API server.",
		[]string{"the VPN is not connected", "the cluster is private and this client is not in its network"}, show)
	add(CauseReset, kubectlHelpers, "Something between this client and the API server cut the connection, or the API server did.",
		[]string{"this client's proxy, VPN or firewall", "the API server is restarting"}, "env | grep -i proxy", "try again in a minute")
	here := rule{
		when: []string{
			"dial tcp 127.0.0.1:",
			"dial tcp [::1]:",
			"dial tcp localhost:",
		}, and: phrasesOf(CauseRefused), to: []Destination{ToUnknown},
		class: ClientCannotConnect, cause: CauseRefused, tunnel: No,
		meaning: "This computer refused its own connection: the client asks an address of the computer itself, where nothing listens.",
		causes: []string{
			"the client has no kubeconfig, so it asks localhost", "a local proxy or tunnel that the kubeconfig names is not running",
			"a local cluster is not running",
		},
		next: []string{"kubectl config view --minify", "kubectl config get-contexts"}, source: kubectlHelpers,
	}
	last := len(rules)
	add("", kubectlHelpers, "This client does not reach the API server.",
		[]string{"the kubeconfig is wrong", "this client's network or proxy"}, "kubectl config view --minify", show)
	rules[last].beside = []Class{ClientCannotConnect, Timeout, Unauthorized, Forbidden, NotFound, Answered}
	library := rule{
		when: []string{
			"unable to verify the first certificate", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN",
			"PKIX path building failed", "RemoteCertificateChainErrors", "RemoteCertificateNameMismatch", "remote certificate is invalid",
			"by the provided RemoteCertificateValidationCallback", "Could not establish trust relationship for the SSL/TLS secure channel",
			"SSL: CERTIFICATE_VERIFY_FAILED",
		},
		class: ClientCannotConnect, cause: CauseUntrusted, tunnel: No,
		meaning: "This client does not trust the certificate of the server it asked: its library does not know the CA.",
		causes: []string{
			"the library does not use certificate-authority-data of the kubeconfig, or the pod's ca.crt", "a proxy inspects TLS",
			"the kubeconfig is for another cluster",
		},
		next: []string{"give the library the CA of the kubeconfig", "az aks get-credentials -g GROUP -n CLUSTER"}, source: kubectlHelpers,
	}
	return append(append([]rule{nodeClient(), unread(), torn()}, rules...), here, library)
}

// nodeClient is the kubelet as a client of the API server.
func nodeClient() rule {
	var causes []string
	for _, c := range []Cause{CauseDNS, CauseUntrusted, CauseExpired, CauseTimeout, CauseRefused, CauseUnreachable, CauseReset} {
		causes = append(causes, phrasesOf(c)...)
	}
	return rule{
		when: []string{
			"Failed to ensure lease exists", "Unable to register node with API server", "Error updating node status", "kubelet[",
			"kube-node-lease", "kubelet_node_status.go", "Failed to update lease",
		},
		and: causes, not: []string{":10250"}, class: NodeCannotConnect, tunnel: Maybe,
		meaning: "A node does not reach the API server: its kubelet cannot report, so the node becomes NotReady. Agents on that node fail too.",
		causes: []string{
			"the node's way out is cut: a route, an NSG, a firewall, DNS or the API server's authorized IP ranges", "the API server is down",
		},
		next: []string{
			"kubectl get nodes", "kubectl tunneldoctor",
			"az vmss run-command invoke -g NODE-GROUP -n VMSS --instance-id ID --command-id RunShellScript --scripts 'curl -sk https://API-SERVER'",
		},
		source: learn + "availability-performance/node-not-ready-basic-troubleshooting",
	}
}
