package errtext

// proxySamples are answers of proxies, and of clients that cannot log in.
func proxySamples() []sample {
	proxy := func(text string, tunnel Answer, to Destination, target string) sample {
		return sample{text: text, class: Proxied, tunnel: tunnel, to: to, target: target}
	}
	login := func(text string, c Cause) sample {
		return sample{text: text, class: ClientCannotConnect, cause: c, tunnel: No}
	}
	return []sample{
		proxy(`error: unable to upgrade connection: <h3>Unauthorized</h3>`, No, "", ""),
		proxy(`error: unable to upgrade connection: Forbidden`, No, "", ""),
		proxy(`[2026-11-30T20:00:00.000Z] "- - -" 0 UH - - "-" 0 0 0 - "-" "-" "-" "-" "-" BlackHoleCluster - - -`, No, "", ""),
		proxy(`Error trying to reach service: 'proxyconnect tcp: dial tcp {ip}:3128: i/o timeout'`, No, ToService, "{ip}:3128"),
		proxy(`Unable to connect to the server: proxyconnect tcp: EOF`, No, "", ""),
		proxy(`Unable to connect to the server: Proxy Authentication Required`, No, "", ""),
		proxy(`Error from server: Get "https://{ip}:10250/containerLogs/{ns}/{pod}/{ctr}": Forbidden`, No, ToKubelet, kubelet),
		proxy(`error: unable to upgrade connection: <html><body><h1>Not found</h1></body></html>`, No, "", ""),
		proxy(`error: unable to upgrade connection: <!DOCTYPE html>`, No, "", ""),
		proxy(`unable to upgrade streaming request: websocket: bad handshake`, Maybe, "", ""),
		proxy(`error: unable to upgrade connection: you must specify at least 1 of stdin, stdout, stderr`, No, "", ""),
		proxy(
			`error: error sending request: Post https://{ip}:6443/api/v1/namespaces/{ns}/pods/{pod}/exec?command=sh&stdin=true: EOF`,
			Maybe,
			"",
			"{ip}:6443",
		),

		login(`error: The azure auth plugin has been removed.`, CauseCredentials),
		login(
			`Unable to connect to the server: getting credentials: exec plugin: invalid apiVersion "client.authentication.k8s.io/v1alpha1"`,
			CauseCredentials,
		),
		login(`Unable to connect to the server: getting credentials: exec: executable aws failed with exit code 255`, CauseCredentials),
		{text: `websocket._exceptions.WebSocketBadStatusException: Handshake status 403 Forbidden`, class: Forbidden, tunnel: No},
		{text: `Unexpected server response: 401`, class: Unauthorized, tunnel: No},
		{text: `Unexpected server response: 404`, class: NotFound, tunnel: No},
		{
			text:   `Unable to authenticate the request due to an error: x509: certificate has expired or is not yet valid`,
			class:  Unauthorized,
			tunnel: No,
		},
		{
			text:   `The client 'a@example.com' does not have authorization to perform action 'Microsoft.ContainerService/managedClusters/read'`,
			class:  Forbidden,
			tunnel: No,
		},
		login(
			`dial tcp 127.0.0.1:59890: connectex: No connection could be made because the target machine actively refused it.`,
			CauseRefused,
		).aimed("127.0.0.1:59890"),
		login(`Error fetching services: Error: connect ETIMEDOUT {ip}:6443`, CauseTimeout).aimed("{ip}:6443"),
		login(`Error: unable to verify the first certificate`, CauseUntrusted),
		{
			text:   `Error: Kubernetes cluster unreachable: the server has asked for the client to provide credentials`,
			class:  Unauthorized,
			tunnel: No,
		},
		{
			text:   `Error from server (NotFound): the server could not find the requested resource ( pods/log {pod})`,
			class:  WrongServer,
			tunnel: Maybe,
		},
		{
			text:  `"Failed to ensure lease exists, will retry" err="Get \"https://{ip}:443/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{node}?timeout=10s\": dial tcp {ip}:443: i/o timeout"`,
			class: NodeCannotConnect, tunnel: Maybe, target: "{ip}:443",
		},
		login(`error: context "demo" does not exist`, CauseConfig),
		login(`invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable`, CauseConfig),
	}
}

// containerSamples are answers about containers, by kubectl, kubelets and runtimes.
func containerSamples() []sample {
	no := func(text string, c Class) sample { return sample{text: text, class: c, tunnel: No} }
	const forward = `an error occurred forwarding 7687 -> 7687: error forwarding port 7687 to pod 0a1b, uid : failed to execute portforward in ` +
		`network namespace "/var/run/netns/cni-1": `
	return []sample{
		no(forward+`read tcp4 127.0.0.1:46540->127.0.0.1:7687: read: connection reset by peer`, Elsewhere),
		no(forward+`failed to dial 7687: dial tcp4 127.0.0.1:7687: i/o timeout`, Elsewhere),
		no(`error: cannot exec into a container in a completed pod; current phase is Succeeded`, NotRunning),
		no(`error: unable to forward port because pod is not running. Current status=Pending`, NotRunning),
		no(
			`failed to try resolving symlinks in path "/var/log/pods/a_b_c/api/0.log": lstat /var/log/pods/a_b_c/api/0.log: no such file or directory`,
			KubeletAnswered,
		),
		no("tar: can't create directory 'test': Permission denied", KubeletAnswered),
		no(`pod {pod} does not have a host assigned`, NotRunning),
		no(`error: unable to upgrade connection: Debug endpoints are disabled.`, KubeletAnswered),
		no(`Error from server (MethodNotAllowed): the server does not allow this method on the requested resource ( pods/log {pod})`, KubeletAnswered),
		no(`failed to create fsnotify watcher: too many open files`, KubeletAnswered),
		no("Error from server (BadRequest): failed to get parse function: unsupported log format: \"\\x00\\x00\"", KubeletAnswered),
		no(`failed to start exec "b015": failed to get application name from commandline "sh -c tar"`, KubeletAnswered),
		no(
			`OCI runtime exec failed: exec failed: unable to start container process: exec: "bash": executable file not found in $PATH: unknown`,
			KubeletAnswered,
		),
		no(
			`Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "d54b": OCI runtime `+
				`exec failed: exec failed: unable to start container process: open /dev/pts/0: operation not permitted: unknown`,
			KubeletAnswered,
		),
		no(
			`failed to exec in container: failed to start exec "9d30": OCI runtime exec failed: write /tmp/runc-process39: no space left on device`,
			KubeletAnswered,
		),
		no(
			`OCI runtime exec failed: exec failed: unable to start container process: open /dev/ptmx: no space left on device: unknown`,
			KubeletAnswered,
		),
		no(
			`OCI runtime exec failed: exec failed: starting container process caused "process_linux.go:86: executing setns process"`,
			KubeletAnswered,
		),
		no(`ListContainers with filter from runtime service failed: rpc error: code = DeadlineExceeded desc = context deadline exceeded`,
			KubeletAnswered),
		no(
			`E{klog} certificate_manager.go:{line}] Certificate request was not signed: timed out waiting for the condition`,
			NoServingCertificate,
		),
		no(`error: unable to listen on any of the requested ports: [{8080 80}]`, Elsewhere),
		no(`Stream closed EOF for {ns}/{pod} ({ctr})`, Elsewhere),
		no(`Error: host IP unknown; known addresses: [{Hostname aks-agentpool-12345678-1}]`, NoAddress),
		no(`Hybrid connection for the target resource does not exist. Agent might not have started successfully.`, Elsewhere),
		{
			text:   `Error from server: No SSH tunnels currently open. Were the targets able to accept an ssh-key?`,
			class:  NoAgentConnected,
			tunnel: Yes,
		},
	}
}

// serviceSamples are lines of metrics-server, and of webhooks and what calls them.
func serviceSamples() []sample {
	scrape := func(err string, to Destination, target string) sample {
		return sample{
			text: `E{klog} scraper.go:{line}] "Failed to scrape node" err="` + err + `" node="{node}"`, class: MetricsServer, tunnel: No,
			to: to, target: target,
		}
	}
	const get = `Get \"https://{ip}:10250/metrics/resource\": `
	conversion := func(text string, c Class, tunnel Answer, target string) sample {
		return sample{
			text:   `conversion webhook for cert-manager.io/v1alpha2, Kind=Certificate failed: ` + text,
			class:  c,
			tunnel: tunnel,
			to:     ToWebhook,
			target: target,
		}
	}
	return []sample{
		scrape(get+`x509: cannot validate certificate for {ip} because it doesn't contain any IP SANs`, ToKubelet, kubelet),
		scrape(
			`Get \"https://{node}:10250/metrics/resource\": dial tcp: lookup {node} on {dns}:53: no such host`,
			ToKubelet,
			"{node}:10250",
		),
		scrape(get+`context deadline exceeded`, ToKubelet, kubelet),
		scrape(get+`dial tcp {ip}:10250: connect: connection refused`, ToKubelet, kubelet),
		scrape(`request failed, status: \"403 Forbidden\"`, "", ""),
		{
			text:   `E{klog} reststorage.go:{line}] unable to fetch pod metrics for pod {ns}/{pod}: no metrics known for pod`,
			class:  MetricsServer,
			tunnel: No,
		},
		{
			text:  `couldn't get resource list for external.metrics.k8s.io/v1beta1: Got empty response for: external.metrics.k8s.io/v1beta1`,
			class: ExtensionAPI, tunnel: No, to: ToExtension,
		},
		{
			text:  `failed calling webhook "{hook}": failed to call webhook: Post "https://{svc}.{ns}.svc:443/x": x509: certificate has expired or is not yet valid: current time 2026-10-17T10:39:46Z is before 2026-10-17T11:53:00Z`,
			class: CertificateInvalid, tunnel: No, to: ToWebhook, target: "{svc}.{ns}.svc:443", hook: "{hook}",
		},
		conversion(`the server rejected our request for an unknown reason`, WebhookFailed, No, ""),
		conversion(`Post https://{svc}.{ns}.svc:443/convert?timeout=30s: service "{svc}" not found`, NoEndpoints, No, "{svc}.{ns}.svc:443"),
		conversion(`Post https://{svc}.{ns}.svc:443/convert?timeout=30s: context deadline exceeded`, Timeout, Maybe, "{svc}.{ns}.svc:443"),
		{
			text:  `failed calling webhook "{hook}": failed to call webhook: Post "https://{svc}.{ns}.svc:443/x?timeout=2s": Address is not allowed`,
			class: Unreachable, tunnel: Maybe, to: ToWebhook, target: "{svc}.{ns}.svc:443", hook: "{hook}",
		},
		{
			text:   `Apply failed with 5 conflicts: conflicts with "admissionsenforcer" using admissionregistration.k8s.io/v1`,
			class:  Answered,
			tunnel: No,
		},
		{
			text:   `http: TLS handshake error from 10.244.0.1:62741: remote error: tls: bad certificate`,
			class:  CertificateInvalid,
			tunnel: No,
		},
		{text: `http: TLS handshake error from 10.244.0.1:62741: EOF`, class: Elsewhere, tunnel: No},
	}
}
