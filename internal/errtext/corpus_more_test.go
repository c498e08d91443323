package errtext

import (
	"slices"
	"strings"
)

// webhookSamples are errors of calling a webhook: the class is that of the connection, the name is the webhook's.
func webhookSamples() []sample {
	const head = `Error from server (InternalError): error when creating "{pod}.yaml": Internal error occurred: failed calling webhook "{hook}": failed to call webhook: Post "https://{svc}.{ns}.svc:443/validate?timeout={secs}s": `
	hook := func(text string, c Class, tunnel Answer, target string) sample {
		return sample{text: text, class: c, tunnel: tunnel, to: ToWebhook, target: target, hook: "{hook}"}
	}
	const svc = "{svc}.{ns}.svc:443"
	return []sample{
		hook(`Internal error occurred: failed calling webhook "{hook}": failed to call webhook: Post "https://{svc}.{ns}.svc:443/mutate?timeout={secs}s": context deadline exceeded`, Timeout, Maybe, svc),
		hook(head+`dial tcp {ip}:{port}: i/o timeout`, Timeout, Maybe, "{ip}:{port}"),
		hook(head+`dial tcp {ip}:{port}: connect: connection refused`, Refused, Maybe, "{ip}:{port}"),
		hook(head+`dial tcp {ip}:{port}: connect: no route to host`, Unreachable, Maybe, "{ip}:{port}"),
		hook(head+`no endpoints available for service "{svc}"`, NoEndpoints, No, svc),
		hook(head+`service "{svc}" not found`, NoEndpoints, No, svc),
		hook(head+`read unix @->{uds}: read: connection reset by peer`, TunnelReset, Yes, svc),
		hook(head+`write unix @->{uds}: write: broken pipe`, TunnelReset, Yes, svc),
		hook(head+`proxy error from {sock} while dialing {ip}:{port}, code 500: 500 Internal Server Error`, NoAgentConnected, Yes, "{ip}:{port}"),
		hook(head+`proxy error from {sock} while dialing {ip}:{port}, code 502: 502 Bad Gateway`, Refused, Maybe, "{ip}:{port}"),
		hook(head+`proxy error from {sock} while dialing {ip}:{port}, code 503: 503 Service Unavailable`, DialFailed, Yes, "{ip}:{port}"),
		hook(head+`proxy error from {sock} while dialing {ip}:{port}, code 504: 504 Gateway Timeout`, Timeout, Maybe, "{ip}:{port}"),
		hook(head+`No agent available`, NoAgentConnected, Yes, svc),
		hook(head+`EOF`, TunnelReset, Maybe, svc),
		hook(head+`x509: certificate signed by unknown authority`, CertificateInvalid, No, svc),
		hook(head+`http: server gave HTTP response to HTTPS client`, NotTLS, Maybe, svc),
		hook(`Internal error occurred: failed calling webhook "{hook}": failed to call webhook: the server could not find the requested resource`, WebhookFailed, No, ""),
		hook(`failed calling webhook "{hook}": received invalid webhook response: webhook response was absent`, WebhookFailed, No, ""),
	}
}

// clientSamples are errors of a client that does not reach the API server.
func clientSamples() []sample {
	client := func(text string, c Cause, target string) sample {
		return sample{text: text, class: ClientCannotConnect, tunnel: No, cause: c, target: target}
	}
	const head = `Unable to connect to the server: `
	return []sample{
		client(head+`dial tcp {ip}:443: i/o timeout`, CauseTimeout, "{ip}:443"),
		client(head+`net/http: TLS handshake timeout`, CauseTimeout, ""),
		client(head+`net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)`, CauseTimeout, ""),
		client(head+`dial tcp: lookup {fqdn} on {dns}:53: no such host`, CauseDNS, "{fqdn}"),
		client(head+`dial tcp: lookup {fqdn}: no such host`, CauseDNS, "{fqdn}"),
		client(head+`dial tcp: lookup {fqdn} on {dns}:53: read udp {local}:5353->{dns}:53: i/o timeout`, CauseDNS, "{fqdn}"),
		client(head+`context canceled`, "", ""),
		client(head+`EOF`, CauseReset, ""),
		client(head+`x509: certificate signed by unknown authority`, CauseUntrusted, ""),
		client(head+`x509: certificate has expired or is not yet valid: current time 2026-11-21T10:00:00Z is after 2026-11-20T10:00:00Z`, CauseExpired, ""),
		client(head+`dial tcp {ip}:443: connect: no route to host`, CauseUnreachable, "{ip}:443"),
		client(head+`getting credentials: exec: executable kubelogin not found`, CauseCredentials, ""),
		client(head+`dial tcp {local}:8080: connectex: No connection could be made because the target machine actively refused it.`, CauseRefused, "{local}:8080"),
		client(`The connection to the server {ip}:443 was refused - did you specify the right host or port?`, CauseRefused, "{ip}:443"),
		client(`The connection to the server localhost:8080 was refused - did you specify the right host or port?`, CauseRefused, "localhost:8080"),
		client(`E{klog} memcache.go:{line}] couldn't get current server API group list: Get "https://{fqdn}:443/api?timeout={secs}s": dial tcp {ip}:443: i/o timeout`, CauseTimeout, "{ip}:443"),
		client(`E{klog} memcache.go:{line}] "Unhandled Error" err="couldn't get current server API group list: Get \"https://{fqdn}:443/api?timeout={secs}s\": dial tcp: lookup {fqdn}: no such host"`, CauseDNS, "{fqdn}:443"),
		client(`Get "https://{fqdn}:443/api/v1/namespaces/{ns}/pods?limit=500": dial tcp {ip}:443: i/o timeout`, CauseTimeout, "{ip}:443"),
		client(`Post "https://{local}:16443/api/v1/namespaces/{ns}/pods/{pod}/exec": dial tcp {local}:16443: connect: connection refused`, CauseRefused, "{local}:16443"),
	}
}

// answerSamples are errors of the API server, a kubelet, a node or Azure that do not involve the tunnel.
func answerSamples() []sample {
	no := func(text string, c Class) sample { return sample{text: text, class: c, tunnel: No} }
	maybe := func(text string, c Class) sample { return sample{text: text, class: c, tunnel: Maybe} }
	denied := no(`Error from server (Forbidden): admission webhook "validation.gatekeeper.sh" denied the request: [azurepolicy-{pod}] Privileged container is not allowed: {ctr}`, PolicyDenied)
	denied.hook = "validation.gatekeeper.sh"
	quoting := no(`admission webhook "{hook}" denied the request: Get "https://{fqdn}/v2/": dial tcp {ip}:443: i/o timeout`, PolicyDenied)
	quoting.hook, quoting.target = "{hook}", "{ip}:443"
	probe := no(`Readiness probe failed: Get "http://{ip}:8080/healthz": dial tcp {ip}:8080: connect: connection refused`, Elsewhere)
	probe.target = "{ip}:8080"
	local := no(`an error occurred forwarding 8080 -> 80: error forwarding port 80 to pod 0a1b, uid : failed to execute portforward in network namespace "/var/run/netns/cni-1": failed to connect to localhost:80 inside namespace "0a1b", IPv4: dial tcp4 127.0.0.1:80: connect: connection refused`, Elsewhere)
	down := local
	down.text, down.cause = strings.Replace(local.text, "connection refused", "network is unreachable", 1), CauseUnreachable
	return []sample{
		denied, quoting, probe, local, down,
		no(`Error from server (Forbidden): pods "{pod}" is forbidden: violates PodSecurity "restricted:latest": privileged (container "{ctr}" must not set securityContext.privileged=true)`, PolicyDenied),
		no(`Warning: would violate PodSecurity "restricted:v{ver}": host namespaces (hostNetwork=true, hostPID=true)`, PolicyDenied),
		no(`pods "{pod}" is forbidden: policy '{svc}' with binding '{svc}-binding' denied request: error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.nodeSelector`, PolicyDenied),
		no(`Error from server (Forbidden): pods "{pod}" is forbidden: ValidatingAdmissionPolicy '{svc}' with binding '{svc}-binding' denied request: not on managed nodes`, PolicyDenied),
		no(`(KubernetesPerformanceError) Failed to run command due to cluster perf issue, container command-357ebc50d40c47a4a247ab6e067d2869 in aks-command namespace did not start within {secs}s on your cluster`, CommandInvoke),
		no(`Operation returned an invalid status 'Not Found'`, CommandInvoke),
		no(`error: You must be logged in to the server (the server has asked for the client to provide credentials ( pods/log {pod}))`, KubeletUnauthorized),
		no(`error: unable to upgrade connection: Unauthorized`, KubeletUnauthorized),
		no(`Error from server (Forbidden): Forbidden (user=masterclient, verb=get, resource=nodes, subresource=proxy) ( pods/log {pod})`, KubeletUnauthorized),
		no(`error: You must be logged in to the server (Unauthorized)`, Unauthorized),
		no(`error: You must be logged in to the server (the server has asked for the client to provide credentials)`, Unauthorized),
		no(`Error from server (Forbidden): pods "{pod}" is forbidden: User "{ctr}@example.com" cannot create resource "pods/exec" in API group "" in the namespace "{ns}"`, Forbidden),
		no(`Error from server (NotFound): pods "{pod}" not found`, NotFound),
		no(`pods "{pod}" not found`, NotFound),
		no(`error: the server doesn't have a resource type "{svc}"`, NotFound),
		no(`error: unable to upgrade connection: container not found ("{ctr}")`, NotFound),
		no(`Error from server (BadRequest): container "{ctr}" in pod "{pod}" is waiting to start: ContainerCreating`, Answered),
		no(`Error from server: etcdserver: request timed out`, Answered),
		maybe(`Error from server (Timeout): the server was unable to return a response in the time allotted, but may still be processing the request (get pods)`, Answered),
		maybe(`error: unable to upgrade connection: 404 page not found`, WrongServer),
		maybe(`Internal error occurred: unable to upgrade connection: 404 page not found`, WrongServer),
		maybe(`error: unable to upgrade connection: pod does not exist`, WrongServer),
		maybe(`E{klog} portforward.go:{line}] lost connection to pod`, ConnectionLost),
		maybe(`error: lost connection to pod`, ConnectionLost),
		maybe(`error creating error stream for port 8080 -> 8080: Timeout occurred`, ConnectionLost),
		maybe(`error: unexpected EOF`, ConnectionLost),
		no(`error: http2: client connection lost`, ConnectionLost),
		no(`error forwarding port 3389 to pod 7c1f, uid : failed to execute port forward in sandbox: 7c1f: hcs::System::CreateProcess: wincat.exe 127.0.0.1 3389: The system cannot find the file specified`, NotSupported),
		no(`command terminated with exit code 137`, Elsewhere),
		no(`Failed to create pod sandbox: rpc error: code = Unknown desc = failed to start sandbox container task "x": cannot start a stopped process: unknown`, Elsewhere),
		no(`Keys [a.b, c.d] from the EnvFrom secret {ns}/{pod} were skipped since they are considered invalid environment variable names.`, Elsewhere),
		no(`Secret "{pod}" is invalid: data[A:B]: Invalid value: "A:B": a valid config key must consist of alphanumeric characters`, Elsewhere),
		no(`Failed to pull image "{fqdn}/{img}:v{ver}": failed to do request: Head "https://{fqdn}/v2/": dial tcp: lookup {fqdn}: i/o timeout`, Elsewhere).aimed("{fqdn}"),

		maybe(`vmssCSE exit 50 (OutboundConnFail)`, Provisioning),
		maybe(`VM has reported a failure when processing extension 'vmssCSE'. Error message: "Enable failed: failed to execute command: command terminated with exit status=50`+"\n[stdout]\n", Provisioning),
		maybe(`Code="VMExtensionProvisioningError" Message="VM extension 'vmssCSE' terminated with exit code '51'"`, Provisioning),
		maybe(`K8SAPIServerConnFailVMExtensionError: Unable to establish connection to cluster API server, ExitCode: 51`, Provisioning),
		maybe(`vmssCSE: command terminated with exit status=52`, Provisioning),
		maybe(`{"ExitCode": "53", "Error": "vmssCSE"}`, Provisioning),
		no(`vmssCSE exit 124`, Provisioning),
		no(`vmssCSE failed: command terminated with exit status=34`, Provisioning),
		no(`vmssCSE failed: command terminated with exit status=211`, Provisioning),
		no(`vmssCSE failed: command terminated with exit status=216`, Provisioning),
		no(`vmssCSE failed: command terminated with exit status=41`, Provisioning),
		no(`vmssCSE failed: command terminated with exit status=501`, Provisioning),
		maybe(`OutboundConnFailVMExtensionError`, Provisioning),

		maybe(`something else altogether`, None),
		maybe(``, None),
		maybe(`context deadline exceeded`, None),
		maybe(`404 page not found`, None),
		maybe(`pod/{pod} created`, None),
		maybe(`read unix @->/run/containerd/containerd.sock: read: connection reset by peer`, None),
	}
}

// agentSamples are from agents' logs and readiness.
func agentSamples() []sample {
	once := func(cause Cause, err string) sample {
		return sample{text: `E{klog} clientset.go:{line}] "cannot connect once" err="rpc error: code = Unavailable desc = connection error: desc = \"transport: ` + err + `\""`, class: AgentCannotConnect, tunnel: Yes, cause: cause}
	}
	line := func(text string, c Class, tunnel Answer, cause Cause) sample {
		return sample{text: text, class: c, tunnel: tunnel, cause: cause}
	}
	noise := func(port string) sample {
		return sample{text: `I{klog} client.go:{line}] "error dialing backend" error="dial tcp {ip}:` + port + `: connect: connection refused" dialID=17 dialAddress="{ip}:` + port + `"`, class: AgentBenign, tunnel: No, to: ToService, target: "{ip}:" + port}
	}
	return []sample{
		once(CauseTimeout, `Error while dialing: dial tcp {ip}:443: i/o timeout`).aimed("{ip}:443"),
		once(CauseRefused, `Error while dialing: dial tcp {ip}:443: connect: connection refused`).aimed("{ip}:443"),
		once(CauseUnreachable, `Error while dialing: dial tcp {ip}:443: connect: network is unreachable`).aimed("{ip}:443"),
		once(CauseDNS, `Error while dialing: dial tcp: lookup {fqdn} on {dns}:53: no such host`).aimed("{fqdn}"),
		once(CauseDNS, `Error while dialing: dial tcp: lookup {fqdn} on {dns}:53: read udp {local}:41234->{dns}:53: i/o timeout`).aimed("{fqdn}"),
		once(CauseUntrusted, `authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority`),
		once(CauseExpired, `authentication handshake failed: x509: certificate has expired or is not yet valid`),
		once(CauseExpired, `authentication handshake failed: remote error: tls: expired certificate`),
		once(CauseALPN, `authentication handshake failed: credentials: cannot check peer: missing selected ALPN property`),
		once(CauseALPN, `authentication handshake failed: EOF`),
		once(CauseCredentials, `authentication handshake failed: remote error: tls: bad certificate`),
		once(CauseALPN, `http2: frame too large`),
		once(CauseReset, `authentication handshake failed: read tcp {local}:40000->{ip}:443: read: connection reset by peer`).aimed("{ip}:443"),
		line(`"cannot connect once" err="something new"`, AgentCannotConnect, Yes, ""),
		line(`server-connected check failed: no servers connected`, AgentCannotConnect, Yes, ""),
		line("[+]ping ok\n[-]server-connected failed: no servers connected\nreadyz check failed", AgentCannotConnect, Yes, ""),
		line(`Ssh to tunnelend is not connected.. attempting to connect`, AgentCannotConnect, Yes, ""),
		line(`Permission denied (publickey).`, AgentCannotConnect, Maybe, CauseCredentials),
		line(`[openvpn-client.12] TLS Error: TLS key negotiation failed to occur within {secs} seconds (check your network connectivity)`, AgentCannotConnect, Yes, CauseTimeout),
		line(`[openvpn-client.12] TLS Error: TLS handshake failed`, AgentCannotConnect, Yes, CauseTimeout),
		line(`[openvpn-server.{line}] Peer Connection Initiated with [AF_INET]{local}:1194`, AgentConnected, No, ""),
		line(`I{klog} client.go:{line}] "Connect to server" serverID="{node}"`, AgentConnected, No, ""),
		line(`I{klog} client.go:{line}] "Connect to" server="{node}"`, AgentConnected, No, ""),
		line(`I{klog} clientset.go:{line}] "successfully connected to new proxy server" serverID="{node}" newServerCount=2`, AgentConnected, No, ""),
		line(`E{klog} client.go:{line}] "could not read stream" err="rpc error: code = Unavailable desc = error reading from server: EOF" serverID="{node}" agentID="{pod}"`, AgentDisconnected, Yes, ""),
		line(`I{klog} client.go:{line}] "received EOF, exit" serverID="{node}"`, AgentDisconnected, Yes, ""),
		line(`I{klog} client.go:{line}] "Removing client used for server connection" state=TRANSIENT_FAILURE serverID="{node}"`, AgentDisconnected, Yes, ""),
		line(`E{klog} client.go:{line}] "connection read failure" err="read tcp {local}:4000->{ip}:10250: use of closed network connection" connectionID=12`, AgentBenign, No, "").at(ToKubelet, kubelet),
		line(`E{klog} client.go:{line}] "conn write failure" err="write tcp {local}:4000->{ip}:10250: use of closed network connection" connectionID=12`, AgentBenign, No, "").at(ToKubelet, kubelet),
		line(`E{klog} client.go:{line}] "close response failure" err="EOF" connectionID=12`, AgentBenign, No, ""),
		line(`I{klog} client.go:{line}] "remote connection EOF" connectionID=12`, AgentBenign, No, ""),
		line(`E{klog} client.go:{line}] "failed to close gRPC connection" err="rpc error: code = Canceled" agentID="{pod}"`, AgentBenign, No, ""),
		line(`I{klog} options.go:{line}] ProxyServerHost set to "{fqdn}".`, AgentBenign, No, ""),
		line(`E{klog} client.go:{line}] "connection read failure" err="read tcp {local}:4000->{ip}:{port}: read: connection reset by peer" connectionID=12`, ConnectionLost, Maybe, "").at("", "{ip}:{port}"),
		noise("10249"), noise("10256"), noise("19100"), noise("20257"),
	}
}

func (s sample) aimed(target string) sample { return s.at(s.to, target) }

func (s sample) at(to Destination, target string) sample {
	s.to, s.target = to, target
	return s
}

func samples() []sample {
	var all []sample
	for _, list := range [][]sample{
		tunnelSamples(), targetSamples(), webhookSamples(), clientSamples(), answerSamples(), agentSamples(), proxySamples(), containerSamples(), serviceSamples(),
		librarySamples(), watchSamples(), copySamples(), autoscalerSamples(), certificateSamples(), pluginSamples(), otherSamples(), freshSamples(),
		beyondSamples(), connectorSamples(), identitySamples(), vaultSamples(), dataServiceSamples(),
		entraSamples(), credentialSamples(), commandSamples(), releaseSamples(), resourceSamples(), onwardSamples(), keyVaultSamples(), databaseSamples(),
		targetServiceSamples(), innerSamples(),
	} {
		all = append(all, list...)
	}
	return all
}

// innerSamples are more errors of connections and of Azure, of kinds that the others lack.
func innerSamples() []sample {
	return slices.Concat(of(
		Identity,
		`ClientSecretCredential authentication failed: AADSTS7000222: The provided client secret keys for app 'x' are expired.`,
		`azure.core.exceptions.ClientAuthenticationError: something`,
	), of(
		Elsewhere,
		`(InvalidFederatedIdentityCredentialValue) The value of issuer must be a valid https url`,
		`Insufficient privileges to complete the operation. Code: Authorization_RequestDenied`,
		`(InvalidIdentityValues) Invalid value for the identities '/subscriptions/x'.`,
		`The resource write operation failed to complete successfully, because it reached terminal provisioning state 'Failed'.`,
		`Npgsql.NpgsqlException (0x80004005): Failed to connect to 20.50.1.2 ---> System.Net.Sockets.SocketException (110): Connection timed out`,
	), of(
		Connector,
		`KeyError: 'AZURE_POSTGRESQL_HOST'`,
		`"failed to get secret from keyvault" err="no Host in request URL"`,
		`ERROR: 'aks connection' is misspelled or not recognized by the system.`,
		`extension-agent: failed to get token from MSI: 400`,
		`Failed to update configuration: Status Code 403 westeurope.dp.kubernetesconfiguration.azure.com`,
		`(BadRequest) Extension with name 'sc-extension' already exists in the cluster`,
	), of(
		NotRunning,
		`MountVolume.SetUp failed for volume "azure-identity-token" : failed to fetch token: serviceaccounts "{pod}" not found`,
		`pods "{pod}-" is forbidden: error looking up service account {ns}/{pod}: serviceaccount "{pod}" not found`,
	), of(
		DataService,
		`[Microsoft][ODBC Driver 18 for SQL Server][SQL Server]Login failed for user ''. (18456)`,
	))
}
