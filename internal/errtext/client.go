package errtext

// clientRules are errors of a client, kubectl or a component on a node, that does not reach the API server: nothing of that
// goes through the tunnel. They are told by the phrase before the error or by the API server's name or path in it.
func clientRules() []rule {
	heads := []string{
		"Unable to connect to the server", "The connection to the server … was refused", "server API group list: Get", "could not get server version",
	}
	// without such a head, only where nothing says that the API server itself was connecting
	urls := []string{
		"https://…/api/v1 … dial tcp", "https://…/apis/ … dial tcp", "https://…/api? … dial tcp", "https://…/version? … dial tcp",
		"azmk8s.io … dial tcp", "azk8s.cn … dial tcp", "containerservice.azure.us … dial tcp", ": lookup … azmk8s.io",
	}
	var rules []rule
	add := func(c Cause, source, meaning string, causes []string, next ...string) {
		r := rule{and: phrasesOf(c), class: ClientCannotConnect, cause: c, tunnel: No, meaning: meaning, causes: causes, next: next, source: source}
		r.when = heads
		rules = append(rules, r)
		if c != "" {
			r.when, r.to = urls, []Destination{ToUnknown}
			rules = append(rules, r)
		}
	}
	const show = "az aks show -g GROUP -n CLUSTER --query '{fqdn:fqdn,private:privateFqdn,ranges:apiServerAccessProfile.authorizedIpRanges,power:powerState.code}'"
	add(CauseCredentials, kubectlHelpers, "kubectl could not get credentials before it asked the API server anything.",
		[]string{"the login expired", "kubelogin or another exec plugin is missing or failed"}, "az login", "kubelogin convert-kubeconfig -l azurecli")
	add(CauseDNS, learnAPIServer, "This client cannot resolve the API server's name.",
		[]string{"a private cluster, and this network does not know its DNS zone", "the cluster was stopped, deleted or made anew", "the client's DNS"}, show, "az aks command invoke -g GROUP -n CLUSTER --command 'kubectl get nodes'")
	add(CauseExpired, learnExpired, "A certificate between this client and the API server is out of its time.",
		[]string{"the cluster's certificates expired", "an old kubeconfig", "the client's clock is wrong"}, "az aks get-credentials -g GROUP -n CLUSTER")
	add(CauseUntrusted, kubectlHelpers, "This client does not trust the certificate that it was shown for the API server.",
		[]string{"the kubeconfig is of before a certificate rotation, or of another cluster", "a proxy inspects TLS"}, "az aks get-credentials -g GROUP -n CLUSTER", "env | grep -i proxy")
	add(CauseTimeout, learnRanges, "This client's packets to the API server get no answer.",
		[]string{"the API server's authorised IP ranges leave out this client's address", "a private cluster, and this client is not in its network", "a firewall or a VPN of the client"}, show)
	add(CauseRefused, kubectlHelpers, "The address in the kubeconfig refused this client.",
		[]string{"kubectl uses no kubeconfig or the wrong one (localhost:8080 is its default)", "the API server is down or restarting"}, "kubectl config view --minify", "kubectl config get-contexts")
	add(CauseUnreachable, kubectlHelpers, "This client has no route to the API server.",
		[]string{"the VPN is not connected", "a private cluster, and this client is not in its network"}, show)
	add(CauseReset, kubectlHelpers, "The way from this client to the API server cut the connection.",
		[]string{"a proxy or a firewall of the client", "the API server is restarting"}, "env | grep -i proxy", "try again in a minute")
	add("", kubectlHelpers, "This client does not reach the API server.",
		[]string{"the kubeconfig", "the network or the proxy of this client"}, "kubectl config view --minify", show)
	return rules
}
