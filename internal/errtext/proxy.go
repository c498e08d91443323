package errtext

// proxyRules are answers of an HTTP proxy or a gateway in place of Kubernetes: on the API server's way to kubelets and Services, or on
// the client's way to the API server.
func proxyRules() []rule {
	const environment = "env | grep -i proxy"
	own := rule{ // the API server's
		class: Proxied, tunnel: No,
		causes: []string{
			"HTTP_PROXY or HTTPS_PROXY is set for the API server, and NO_PROXY does not hold the nodes, pods and Services",
			"on AKS Microsoft runs the API server: then the address in the message is not one of the cluster",
		},
		next:   []string{"add the node, pod and Service ranges to the API server's NO_PROXY", "kubectl get nodes -o wide"},
		source: httpProxy,
	}
	client := rule{
		class: Proxied, tunnel: No,
		causes: []string{
			"a proxy, a VPN or a management platform between this client and the API server",
			"HTTPS_PROXY is set for this client, and NO_PROXY does not hold the API server's name",
		},
		next:   []string{environment, "kubectl get --raw /version -v=8"},
		source: httpProxy,
	}
	row := func(r rule, tunnel Answer, meaning string, when ...string) rule {
		r.tunnel, r.meaning, r.when = tunnel, meaning, when
		return r
	}
	to := func(r rule, destinations ...Destination) rule {
		r.to = destinations
		return r
	}
	refused := func(c Class, meaning string, causes, next []string, status string) rule {
		return rule{
			when: []string{"Handshake status " + status, "Unexpected server response: " + status}, class: c, tunnel: No, meaning: meaning,
			causes: causes, next: next, source: apiErrors,
		}
	}
	upgrade := row(client, Maybe, "A connection could not be upgraded to WebSocket: something between client and API server does not pass "+
		"upgrades on, such as a proxy or gateway, or the API server refused.",
		"websocket: bad handshake", "unable to upgrade streaming request", "Unexpected server response: ", "Upgrade request required",
		"Handshake status 4", "Handshake status 5", "Expected HTTP 101 response but was")
	upgrade.beside = []Class{Answered, Forbidden, Unauthorized, NotFound, NotRunning}
	upgrade.causes = []string{
		"a proxy, gateway or management platform that does not pass WebSocket or SPDY upgrades on",
		"the request was refused: 401 or 403 by its rights, 404 if the pod is gone, 500 if the API server could not connect",
	}
	filtered := row(client, No, "kubectl proxy itself refuses exec, attach and port-forward. The request did not leave this computer.",
		"unable to upgrade connection: <h3>Unauthorized", "unable to upgrade connection: Forbidden$")
	filtered.causes = []string{"the request filter of kubectl proxy (--reject-paths)", "another proxy that answers the same way"}
	filtered.next = []string{"use the API server's own address instead of kubectl proxy"}
	filtered.source = "https://kubernetes.io/docs/reference/kubectl/generated/kubectl_proxy/"
	plain := row(client, No, "A client took an ordinary request for one that opens a WebSocket. The API server answered it, and well.",
		"Handshake status 200")
	plain.causes = []string{"Python: stream() changes the client that it is given, and another thread uses the same one for ordinary requests"}
	plain.next = []string{"give stream() a client of its own"}
	plain.source = "https://github.com/kubernetes-client/python/issues/1445"
	desktop := row(client, No, "A program on this computer, which runs Windows, could not connect: connectex is a call of Windows, and "+
		"API servers of AKS run on Linux. It is a proxy between kubectl and the API server.",
		"error dialing backend … connectex", "proxy error … connectex")
	desktop.causes = []string{"a desktop tool's own proxy, such as that of Lens, does not reach the API server: VPN, firewall, address"}
	desktop.next = []string{"kubectl get --raw /version, without the tool"}
	return []rule{
		filtered, plain, desktop,
		to(row(own, No, "An HTTP proxy could not be used by the API server: it is set in the API server's own environment.",
			"proxyconnect"), ToKubelet, ToWebhook, ToExtension, ToService),
		row(client, No, "This client could not use its HTTP proxy.", "proxyconnect", "ProxyError(", "Cannot connect to proxy",
			"Tunnel connection failed"),
		row(client, No, "An HTTP proxy wants a login or refuses the connection; it answered in place of Kubernetes.",
			"Proxy Authentication Required", "ERR_ACCESS_DENIED", "squid/", "Zscaler"),
		row(own, No, "An HTTP proxy answered in the kubelet's place: the API server sent its request to the node through a proxy.",
			"https://…:10250/…: Forbidden$", "https://…:10250/…: Service Unavailable$", "https://…:10250/…: Bad Gateway$",
			"https://…:10250/…: Gateway Timeout$"),
		row(own, No, "An HTTP proxy refused the API server's connection to the webhook: a bare status is a proxy's answer to CONNECT.",
			"calling webhook … https://…: Service Unavailable$", "calling webhook … https://…: Forbidden$",
			"calling webhook … https://…: Bad Gateway$", "calling webhook … https://…: Gateway Timeout$"),
		row(client, No, "A web proxy or gateway answered in place of Kubernetes: Kubernetes never answers with HTML.",
			"connection: <html", "connection: <!doctype", "<html>", "<!doctype html", "invalid character < looking for beginning of value"),
		refused(Forbidden, "The API server or a proxy answered: this user may not open such a connection.",
			[]string{
				"a role or a role binding is missing; clients that use WebSocket need the verb get as well as create on pods/exec",
				"a proxy or gateway in between refuses",
			}, []string{"kubectl auth can-i create pods/exec -n NAMESPACE", "kubectl auth can-i get pods/exec -n NAMESPACE"}, "403"),
		refused(Unauthorized, "The API server rejects this client's credentials.",
			[]string{"the token or the login expired", "the client sends no token when it upgrades the connection"}, []string{"az login"}, "401"),
		refused(NotFound, "The API server answered: there is no such pod, container or path.",
			[]string{"the pod is gone", "the address of the API server has a path in front of it that the client leaves out"},
			[]string{"kubectl get pods -n NAMESPACE"}, "404"),
		upgrade,
		row(client, No, "The request to upgrade a connection arrived without the headers that ask for it: a proxy in between removed them.",
			"upgrade token not found in Connection header", "missing upgrade headers in request", "websocket token not found in Upgrade header"),
		row(client, No, "The request arrived without its query: a proxy between client and API server lost it. The kubelet answered.",
			"you must specify at least 1 of stdin, stdout, stderr"),
		row(client, Maybe, "The connection from this client to the API server was cut when it was upgraded: a proxy in between may not pass "+
			"upgrades on.", "^error sending request: Post https://…/exec?…: EOF$", "^error sending request: Post https://…/attach?…: EOF$",
			"^error sending request: Post https://…/portforward…: EOF$"),
	}
}
