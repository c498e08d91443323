package errtext

// autoscalerSamples are conditions and events of autoscalers.
func autoscalerSamples() []sample {
	api := func(text string, tunnel Answer) sample {
		return sample{text: text, class: ExtensionAPI, tunnel: tunnel}
	}
	const custom = `unable to get metric {svc}: unable to fetch metrics from custom metrics API: `
	const external = `unable to get external metric {ns}/{svc}: unable to fetch metrics from external metrics API: `
	const cpu = `failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: `
	return []sample{
		api(custom+`the server could not find the metric {svc} for pods`, No),
		api(`the server could not find the descriptor for metric {svc}: googleapi: Error 404`, No),
		api(`unable to get metric {svc}: no metrics returned from custom metrics API`, No),
		api(custom+`the server is currently unable to handle the request (get pods.custom.metrics.k8s.io *)`, Maybe),
		api(external+`the server is currently unable to handle the request (get s0-{svc}.external.metrics.k8s.io)`, Maybe),
		api(external+`rpc error: code = Unknown desc = error when getting metric values no metrics`, No),
		api(cpu+`the server could not find the requested resource (get pods.metrics.k8s.io)`, No),
		api(cpu+`the server is currently unable to handle the request (get pods.metrics.k8s.io)`, Maybe),
		{
			text:   custom + `pods.custom.metrics.k8s.io "*" is forbidden: User "kubernetes" cannot get pods.custom.metrics.k8s.io`,
			class:  Forbidden,
			tunnel: No,
		},
		{
			text:   `failed to get memory utilization: missing request for memory in container {ctr} of Pod {pod}`,
			class:  MetricsServer,
			tunnel: No,
		},
		{
			text:   `failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API`,
			class:  MetricsServer,
			tunnel: No,
		},
		{
			text:  `E{klog} controller.go:{line}] loading OpenAPI spec for "v1beta1.metrics.k8s.io" failed with: OpenAPI spec does not exist`,
			class: Harmless, tunnel: No, to: ToExtension,
		},
		{
			text:  `loading OpenAPI spec for "v1beta1.metrics.k8s.io" failed with: failed to retrieve openAPI spec, http error: ResponseCode: 503, Body: service unavailable`,
			class: ExtensionAPI, tunnel: Maybe, to: ToExtension,
		},
	}
}

// certificateSamples are certificates that were rejected.
func certificateSamples() []sample {
	invalid := func(text string, to Destination, target string) sample {
		return sample{text: text, class: CertificateInvalid, tunnel: No, to: to, target: target}
	}
	hook := func(text string) sample {
		s := invalid(
			`failed calling webhook "{hook}": failed to call webhook: Post "https://{svc}.{ns}.svc:443/x": `+text,
			ToWebhook,
			"{svc}.{ns}.svc:443",
		)
		s.hook = "{hook}"
		return s
	}
	const exec = `error: unable to upgrade connection: error dialing backend: `
	client := func(text string, c Cause, target string) sample {
		return sample{text: text, class: ClientCannotConnect, cause: c, tunnel: No, target: target}
	}
	const local = `Get "https://{local}:54470/api/v1/namespaces/{ns}/configmaps/{svc}": `
	return []sample{
		invalid(
			`error: error upgrading connection: error dialing backend: x509: certificate specifies an incompatible key usage`,
			ToService,
			"",
		),
		invalid(exec+`x509: certificate is valid for 10.0.0.4, not 10.0.0.5`, ToService, ""),
		invalid(exec+`x509: certificate has expired or is not yet valid`, ToService, ""),
		invalid(exec+`x509: certificate signed by unknown authority`, ToService, ""),
		invalid(logs+`x509: certificate specifies an incompatible key usage`, ToKubelet, kubelet),
		invalid(logs+`x509: cannot validate certificate for {ip} because it doesn't contain any IP SANs`, ToKubelet, kubelet),
		invalid(
			logs+`x509: certificate has expired or is not yet valid: current time 2026-10-17T10:39:46Z is after 2026-10-16T11:53:00Z`,
			ToKubelet,
			kubelet,
		),
		invalid(logs+`remote error: tls: bad certificate`, ToKubelet, kubelet),
		invalid(`x509: certificate specifies an incompatible key usage`, "", ""),
		hook(`x509: certificate relies on legacy Common Name field, use SANs instead`),
		hook(`x509: certificate has expired or is not yet valid: current time 2026-10-17T10:39:46Z is after 2026-10-16T11:53:00Z`),
		hook(`x509: certificate signed by unknown authority (possibly because of "crypto/rsa: verification error")`),
		hook(`x509: certificate specifies an incompatible key usage`),
		hook(`x509: certificate signed by unknown authority (possibly because of "x509: invalid signature: parent certificate cannot sign ` +
			`this kind of certificate" while trying to verify candidate authority certificate "ca")`),

		client(
			local+`tls: failed to verify certificate: x509: certificate is valid for 10.100.0.1, 192.168.130.132, not {local}`,
			CauseUntrusted,
			"{local}:54470",
		),
		client(
			`Unable to connect to the server: x509: certificate is valid for kubernetes, kubernetes.default, not {fqdn}`,
			CauseUntrusted,
			"",
		),
		client(`Unable to connect to the server: http: server gave HTTP response to HTTPS client`, CausePlain, ""),
		client(`Error: forwarding ports: error upgrading connection: error sending request: `+
			`Post https://{ip}:6443/api/v1/namespaces/{ns}/pods/{pod}/portforward: http: server gave HTTP response to HTTPS client`, CausePlain, "{ip}:6443"),
	}
}

// pluginSamples are credential plugins, and the files of a kubeconfig.
func pluginSamples() []sample {
	login := func(text string, c Cause) sample {
		return sample{text: text, class: ClientCannotConnect, cause: c, tunnel: No}
	}
	return []sample{
		login(`error: unknown flag: --server-id`, CauseCredentials),
		login(`unknown shorthand flag: 'e' in -e; getting credentials: exec: executable {ctr} failed with exit code 1`, CauseCredentials),
		login(`Unable to connect to the server: getting credentials: exec: executable kubelogin not found`, CauseCredentials),
		login(`Unable to connect to the server: getting credentials: exec: executable kubelogin failed with exit code 1`, CauseCredentials),
		login(`Unable to connect to the server: getting credentials: exec: fork/exec /usr/bin/{ctr}: exec format error`, CauseCredentials),
		login(
			`unable to read client-cert /home/a/.minikube/client.crt for minikube due to open /home/a/.minikube/client.crt: no such file or directory`,
			CauseConfig,
		),
	}
}

// otherSamples are from virtual nodes, other tunnels, port-forward and notes.
func otherSamples() []sample {
	no := func(text string, c Class) sample { return sample{text: text, class: c, tunnel: No} }
	const arm = `api call to https://management.azure.com/subscriptions/0/providers/Microsoft.ContainerInstance/containerGroups/{pod}?api-version=2018-09-01: `
	dry := no(`admission webhook "{hook}" does not support dry run`, DryRunUnsupported)
	dry.hook = "{hook}"
	agent := func(text string, c Cause, target string) sample {
		return sample{text: text, class: AgentCannotConnect, cause: c, tunnel: Yes, target: target}
	}
	const old = `E{klog} clientset.go:{line}] rpc error: code = Unavailable desc = connection `
	return []sample{
		dry,
		no(`pods "web" is forbidden: expression 'object.metadata.labels['a'] != 'b'' resulted in error: no such key: a`, ConditionFailed),
		no(`Internal error occurred: replace operation does not apply: doc is missing path: /spec/nodeSelector/pool: missing value`, PatchFailed),
		no(arm+`got HTTP response status code 404 error code "ResourceNotFound": The Resource was not found.`, KubeletAnswered),
		no(
			arm+`got HTTP response status code 400 error code "ContainerLimitGreaterThanContainerGroupTotalRequest": The 'Cpu' limit '2'`,
			KubeletAnswered,
		),
		no(`containerinstance.ContainerGroupsClient#CreateOrUpdate: StatusCode=403 Code="AuthorizationFailed"`, KubeletAnswered),
		no(
			`Error syncing load balancer: failed to ensure load balancer: HTTPStatusCode: 403, {"code":"AuthorizationFailed","message":"The client 'x' `+
				`does not have authorization to perform action 'Microsoft.Network/publicIPAddresses/read'`,
			Elsewhere,
		),

		{
			text:   `Error from server: error dialing backend: failed to find Session for client {node}`,
			class:  NoAgentConnected,
			tunnel: Yes,
			to:     ToService,
		},
		{text: `E{klog} tunnel.go:74] "currently no tunnels available" err="No backend available"`, class: NoAgentConnected, tunnel: Yes},
		{
			text:   `unable to upgrade connection: fail to setup the tunnel: fail to setup TLS handshake through the Tunnel`,
			class:  TunnelReset,
			tunnel: Yes,
		},
		agent(old+`error: desc = "transport: authentication handshake failed: EOF"`, CauseALPN, ""),
		agent(old+`error: desc = "transport: Error while dialing dial tcp {ip}:8091: i/o timeout"`, CauseTimeout, "{ip}:8091"),
		agent(old+`closed`, "", ""),
		agent(
			`level=error msg="Remotedialer proxy error" error="dial tcp {ip}:6443: connect: connection refused"`,
			CauseRefused,
			"{ip}:6443",
		),
		{
			text:   `Error from server (ServiceUnavailable): the server is currently unable to handle the request ( pods/log {pod})`,
			class:  DialFailed,
			tunnel: Maybe,
		},

		no(`error forwarding port 8080 to pod 0a1b, uid : network namespace for sandbox "0a1b" is closed`, NotRunning),
		no(`error forwarding port 8080 to pod 0a1b, uid : failed to find sandbox "0a1b" in store: not found`, NotRunning),
		no(`error forwarding port 8080 to pod 0a1b, uid : Error: No such container: 0a1b`, NotRunning),
		no(`error forwarding port 8080 to pod 0a1b, uid : unable to do port forwarding: socat not found`, NotSupported),
		no(
			`error: read tcp {local}:50000->{ip}:443: wsarecv: An existing connection was forcibly closed by the remote host.`,
			ConnectionLost,
		).aimed("{ip}:443"),

		{text: `read tcp {local}:50000->{local}:16443: i/o timeout`, class: Timeout, tunnel: Maybe, target: "{local}:16443"},

		no(`Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox '3e16': plugin type='azure-vnet' failed `+
			`(add): http request failed: Post 'http://localhost:10090/network/requestipconfig': dial tcp 127.0.0.1:10090: connect: connection refused`,
			Elsewhere).aimed("127.0.0.1:10090"),
		no(`MountVolume.MountDevice failed for volume "{svc}" : driver name smb.csi.k8s.io not found in the list of registered CSI drivers`, Elsewhere),
		no(`error attaching to container: pods "{pod}" is forbidden: User "system:serviceaccount:shared:runner" cannot create resource "pods/attach"`, Forbidden),
		no(`services is forbidden: User "system:anonymous" cannot list resource "services" in API group "" at the cluster scope`, Forbidden),
		no(`Cannot evict pod as it would violate the pod's disruption budget.`, Answered),
		no(`resource mapping not found for name: "frontend" namespace: "default" from "x.yaml": no matches for kind "ServiceDefaults" in version "consul.hashicorp.com/v1alpha1"`, NotFound),
		{text: `AADSTS7000215: Invalid client secret provided.`, class: ClientCannotConnect, cause: CauseCredentials, tunnel: No},
		{
			text:  `E{klog} leaderelection.go:{line}] Failed to update lock: Put "https://10.0.0.1:443/apis/coordination.k8s.io/v1/leases/{svc}": context deadline exceeded`,
			class: ClientCannotConnect, cause: CauseTimeout, tunnel: No, target: "10.0.0.1:443",
		},
		agent(`E{klog} server.go:{line}] "Client authentication failed" err="Failed to validate authentication token, err:Failed to authenticate request. `+
			`err:Post \"https://{fqdn}:30151/apis/authentication.k8s.io/v1/tokenreviews\": dial tcp {ip}:30151: i/o timeout" agentID="{pod}"`,
			CauseCredentials, "{ip}:30151"),
		agent(`E{klog} clientset.go:{line}] "cannot sync once" err="expected one server ID in the context, got []"`, CauseCredentials, ""),

		{
			text:  `"an error has occurred" err="write tcp {local}:9443->{ip}:41059: write: broken pipe" logger="webhooks.resource.mutate"`,
			class: Timeout, tunnel: No, target: "{ip}:41059",
		},
		no(`error copying from remote stream to local connection: readfrom tcp4 127.0.0.1:8000->127.0.0.1:62974: write: broken pipe`, Harmless),
		no(`ResourceNotFoundError: Resource group '{svc}' could not be found.`, NotFound),
		no(`websocket: the client is not using the websocket protocol: 'upgrade' token not found in 'Connection' header`, Proxied),
		{
			text:  `Error while initializing connection to Kubernetes apiserver. Reason: Get https://{ip}:443/version: EOF`,
			class: ClientCannotConnect, cause: CauseReset, tunnel: No, target: "{ip}:443",
		},

		no(`WARNING: Kubernetes configuration file is group-readable. This is insecure. Location: /home/a/.kube/config`, Harmless),
		no(
			`Warning: Use tokens from the TokenRequest API or manually created secret-based tokens instead of auto-generated secret-based tokens.`,
			Harmless,
		),
		no(`client rate limiter Wait returned an error: context deadline exceeded`, Elsewhere),
	}
}
