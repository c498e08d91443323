package errtext

// tlsRules are targets that were reached, but with which TLS or the request failed; and, last, connections that failed for an
// unknown reason.
func tlsRules() []rule {
	const doctor = "kubectl tunneldoctor"
	known := []Destination{ToKubelet, ToWebhook, ToExtension, ToService}
	return append(certificateRules(), []rule{
		{
			when: []string{
				"server gave HTTP response to HTTPS client", "first record does not look like a TLS handshake", "tls: oversized record received",
			},
			class: NotTLS, tunnel: Maybe,
			meaning: "The server that answered does not speak TLS on that port.",
			causes: []string{
				"on 10250: a proxy or another program answers in place of the kubelet",
				"on other ports: the Service targets a plain HTTP port",
			},
			next:   []string{doctor, "kubectl aksnode run NODE --no-tunnel -- ss -ltnp"},
			source: learnTunnel,
		},
		{
			when:  []string{"remote error: tls: internal error"},
			to:    []Destination{ToKubelet},
			class: NoServingCertificate, tunnel: No,
			meaning: "The kubelet was reached, but has no serving certificate yet.",
			causes:  []string{"its certificate signing request is pending or denied", "the node's addresses changed"},
			next:    []string{"kubectl get csr --field-selector spec.signerName=kubernetes.io/kubelet-serving"},
			source:  kubeletTLS,
		},
		{
			when:  []string{"remote error: tls: internal error"},
			class: NoServingCertificate, tunnel: No,
			meaning: "The target was reached, but has no certificate to present.",
			causes:  []string{"on 10250: the kubelet's certificate signing request is pending", "a webhook's certificate was not issued"},
			next:    []string{"kubectl get csr", "read the target's log"},
			source:  kubeletTLS,
		},
		{
			when:  append(notYet(), "certificate is not valid yet"),
			class: CertificateInvalid, tunnel: No,
			meaning: "The target was reached, and its certificate is not valid yet by the clock of the one who checks it.",
			causes: []string{
				"a clock is wrong: of the node, the control plane or this computer",
				"the certificate was issued only just now, by a clock that is ahead",
			},
			next:   []string{"date -u", "kubectl aksnode run NODE -- timedatectl"},
			source: learnExpired,
		},
		{
			when:  []string{"x509:", "tls: failed to verify certificate", "remote error: tls:"},
			class: CertificateInvalid, tunnel: No,
			meaning: "The target was reached, but one side rejects the other's certificate.",
			causes: []string{
				"the certificate expired or is for another name",
				"the caBundle of a webhook or an APIService does not match the target's certificate",
				"after a certificate rotation, one side still uses the old one",
			},
			next: []string{
				"compare the certificate in the message with the caBundle",
				"if the cluster's own certificates expired: az aks rotate-certs -g GROUP -n CLUSTER",
			},
			source: learnExpired,
		},
		{
			when: []string{": EOF", ": unexpected EOF", "connection reset by peer", "broken pipe"}, to: known,
			class: TunnelReset, tunnel: Maybe,
			meaning: "The connection to the target was cut before it answered.",
			causes:  []string{"a tunnel agent restarted or lost its connection", "the target crashed"},
			next:    []string{"try again", doctor}, source: "https://github.com/Azure/AKS/issues/2452",
		},
		{
			when:  []string{"calling webhook … https://…?timeout=…s$", "call webhook … https://…?timeout=…s$"},
			class: WebhookFailed, tunnel: Maybe,
			meaning: "The API server called a webhook. Why that failed is missing: it comes after the address, and was cut off.",
			causes:  []string{"no answer in time, a refused connection or a certificate: the rest of the message says which"},
			next:    []string{"paste the whole message", "kubectl get pods of the webhook's namespace, for restarts", doctor}, source: webhookError,
		},
		{
			when:  []string{"failed calling webhook", "failed to call webhook"},
			class: WebhookFailed, tunnel: No,
			meaning: "The API server called a webhook and could not use its response.",
			causes:  []string{"the webhook's server fails or serves another path", "its certificate or API version does not match"},
			next:    []string{"read the log of the webhook's pods", "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"},
			source:  webhookError,
		},
		{
			when:    []string{"error dialing backend", "error trying to reach service", "proxy error from … while dialing"},
			class:   DialFailed,
			tunnel:  Maybe,
			meaning: "The API server could not connect to the target, for an unknown reason.",
			causes:  []string{"the tunnel is broken", "the target is down"},
			next:    []string{doctor},
			source:  upgradeAware,
		},
	}...)
}
