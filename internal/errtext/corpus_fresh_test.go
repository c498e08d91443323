package errtext

// freshSamples are texts of which another program than kubectl speaks, or the API server about what it waits for.
func freshSamples() []sample {
	const hook = "hook.{ns}.svc:443"
	return []sample{
		{
			text:  `Error creating: pods "{pod}" is forbidden: exceeded quota: compute, requested: limits.cpu=1, used: limits.cpu=6`,
			class: PolicyDenied, tunnel: No,
		},
		{
			text: `pods "{pod}" is forbidden: unable to create new content in namespace {ns} because it is being terminated`, class: Answered,
			tunnel: No,
		},
		{
			text: "Secret \"{pod}\" is invalid: data: Forbidden: field is immutable when `immutable` is set", class: Answered, tunnel: No,
		},
		{
			text:  `pods "{pod}" is forbidden: failed quota: compute: must specify limits.cpu for: app`,
			class: PolicyDenied, tunnel: No,
		},
		{
			text:  `Internal error occurred: failed calling webhook "check.example.com": Post "https://` + hook + `/v1/check?timeout=3s": Service Unavailable`,
			class: Proxied, tunnel: No, to: ToWebhook, target: hook, hook: "check.example.com",
		},
		{
			text:  `Error from server: Get "https://{node}:10250/containerLogs/{ns}/{pod}/{ctr}": dial tcp: lookup {node}: Try again`,
			class: Unresolved, tunnel: Maybe, to: ToKubelet, target: "{node}:10250",
		},
		{
			text: `unable to get metrics for resource cpu: failed to get pod resource metrics: an error on the server ("Error: 'dial tcp {ip}:8082: ` +
				`getsockopt: no route to host'\nTrying to reach: 'http://{ip}:8082/apis/metrics'") has prevented the request from succeeding`,
			class: Unreachable, tunnel: Maybe, target: "{ip}:8082",
		},
		{
			text:  `(GatewayTimeout) The gateway did not receive a response from 'Microsoft.ContainerService' within the specified time period.`,
			class: Elsewhere, tunnel: No,
		},
		{
			text:  `The remote name could not be resolved: 'demo-dns-a1b2c3d4.privatelink.eastus.azmk8s.io'`,
			class: ClientCannotConnect, cause: CauseDNS, tunnel: No,
		},
		{text: `error: Unable to upgrade connection: tls: oversized record received with length 20527`, class: NotTLS, tunnel: Maybe},
		{text: `unexpected stream type ""`, class: KubeletAnswered, tunnel: No},
		{
			text:  `Error: UPGRADE FAILED: pre-upgrade hooks failed: Timeout: request did not complete within requested timeout 30s`,
			class: Answered, tunnel: Maybe,
		},
	}
}
