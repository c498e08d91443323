package errtext

// tlsRules are targets that were reached and with which TLS, or what comes after it, failed; and what is left to say of a
// way whose target failed for no known reason.
func tlsRules() []rule {
	const doctor = "kubectl tunneldoctor"
	known := []Destination{ToKubelet, ToWebhook, ToExtension, ToService}
	return []rule{
		{
			when: []string{"server gave HTTP response to HTTPS client", "first record does not look like a TLS handshake"}, class: NotTLS, tunnel: Maybe,
			meaning: "What answered does not speak TLS there.",
			causes:  []string{"at 10250: a proxy or another program stands in the place of the kubelet", "elsewhere: the Service leads to a plain HTTP port"},
			next:    []string{doctor, "kubectl aksnode run NODE --no-tunnel -- ss -ltnp"}, source: learnTunnel,
		},
		{
			when: []string{"remote error: tls: internal error"}, to: []Destination{ToKubelet}, class: NoServingCertificate, tunnel: No,
			meaning: "The kubelet was reached and has no serving certificate yet.",
			causes:  []string{"its certificate signing request is pending or denied", "the node's addresses changed"},
			next:    []string{"kubectl get csr --field-selector spec.signerName=kubernetes.io/kubelet-serving"}, source: kubeletTLS,
		},
		{
			when: []string{"remote error: tls: internal error"}, class: NoServingCertificate, tunnel: No,
			meaning: "The target was reached and has no certificate to show.",
			causes:  []string{"at 10250: a kubelet whose signing request is pending", "a webhook whose certificate was not issued"},
			next:    []string{"kubectl get csr", "read the target's log"}, source: kubeletTLS,
		},
		{
			when: []string{"x509:", "tls: failed to verify certificate", "remote error: tls:"}, class: CertificateInvalid, tunnel: No,
			meaning: "The target was reached, and one side does not accept the other's certificate.",
			causes:  []string{"the certificate expired or is for another name", "the caBundle of a webhook or an APIService is not the target's", "after a certificate rotation one side has the old one"},
			next:    []string{"compare the certificate that the message names with the caBundle", "az aks rotate-certs -g GROUP -n CLUSTER, where the cluster's own expired"}, source: learnExpired,
		},
		{
			when: []string{": EOF", ": unexpected EOF", "connection reset by peer", "broken pipe"}, to: known, class: TunnelReset, tunnel: Maybe,
			meaning: "The connection to the target was cut before it answered.",
			causes:  []string{"an agent restarts or its connection was cut", "the target crashed"},
			next:    []string{"try again", doctor}, source: "https://github.com/Azure/AKS/issues/2452",
		},
		{
			when: []string{"failed calling webhook", "failed to call webhook"}, class: WebhookFailed, tunnel: No,
			meaning: "The API server called a webhook that must agree, and could not use the answer.",
			causes:  []string{"the webhook's server fails or has another path", "its certificate or version does not fit"},
			next:    []string{"read the log of the webhook's pods", "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"}, source: webhookError,
		},
		{
			when:    []string{"error dialing backend", "error trying to reach service", "proxy error from … while dialing"},
			class:   DialFailed,
			tunnel:  Maybe,
			meaning: "The API server could not connect to the target; the reason is not known to this table.",
			causes:  []string{"the tunnel", "the target"},
			next:    []string{doctor}, source: upgradeAware,
		},
	}
}
