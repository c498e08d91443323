package errtext

// webhookRules are calls of webhooks that fail in a way of their own, and what is written about them elsewhere.
func webhookRules() []rule {
	const list = "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"
	return []rule{
		{
			when:  []string{"Address is not allowed"},
			class: Unreachable, tunnel: Maybe,
			meaning: "The API server's network does not allow a connection to the address of the webhook or aggregated API. No connection was made.",
			causes: []string{
				"the control plane cannot reach the pods' network: an overlay network, or another CNI than the provider's",
				"the Service or URL leads to a loopback or link-local address",
			},
			next:   []string{"kubectl get endpointslices -n NAMESPACE -l kubernetes.io/service-name=NAME", list},
			source: webhookAPI,
		},
		{
			when:  []string{"admission webhook … does not support dry"},
			class: DryRunUnsupported, tunnel: No,
			meaning: "The API server may not call this webhook for a dry run: its configuration does not say that it has no side effects.",
			causes: []string{
				"sideEffects of the webhook is Unknown or Some", "the tool compares by a dry run on the server: Flux, Terraform, kubectl diff",
			},
			next: []string{
				list, "set sideEffects: None in the webhook's configuration, if that is true: its owner or chart does so in newer versions",
				"or apply without a dry run on the server",
			},
			source: webhookAPI + "#side-effects",
		},
		{
			when:  []string{"expression '… resulted in error:"},
			class: ConditionFailed, tunnel: No,
			meaning: "A match condition of an admission webhook cannot be evaluated for this object: the API server rejects it without a call.",
			causes: []string{
				"the CEL expression reads a label, annotation or field that the object lacks: it must ask for it first, by has() or in",
				"the expression is for objects of another kind than its rules match",
			},
			next:   []string{list, "correct matchConditions of the webhook whose expression is quoted"},
			source: webhookAPI + "#matching-requests-matchconditions",
		},
		{
			when:  []string{"operation does not apply: doc is missing", "operation does not apply: error"},
			class: PatchFailed, tunnel: No,
			meaning: "A mutating webhook answered, and its JSON patch cannot be applied to the object, so the API server rejects the request.",
			causes: []string{
				"the patch replaces or adds below a part that the object lacks, such as its annotations or nodeSelector",
				"an earlier webhook changed the object in between",
			},
			next:   []string{list, "see which mutating webhooks match the object, and update the one at fault, or exclude such objects from it"},
			source: webhookAPI + "#response",
		},
		{
			when:  []string{"conflicts with admissionsenforcer", "admissionsenforcer"},
			class: Answered, tunnel: No,
			meaning: "AKS's admissions enforcer owns this field: it keeps webhooks out of kube-system and the other system namespaces.",
			causes:  []string{"Helm or server-side apply sets the namespaceSelector that AKS has changed: a conflict of two owners"},
			next: []string{
				"leave namespaceSelector out of what is applied",
				"or set the annotation admissions.enforcer/disabled: \"true\" on the webhook configuration",
			},
			source: "https://learn.microsoft.com/azure/aks/faq",
		},
		{
			when: []string{"conversion webhook for … failed", "conversion webhook for"},
			and: []string{
				"the server rejected our request", "could not find the requested resource", "expected response", "invalid converted object",
				"status code",
			},
			class: WebhookFailed, tunnel: No,
			meaning: "The conversion webhook of a CRD answered and could not convert. The connection to it works.",
			causes:  []string{"the versions of the CRD and of its controller do not fit", "the webhook serves another path"},
			next:    []string{"read the log of the webhook's pods", "kubectl get crd NAME -o jsonpath={.spec.conversion}"},
			source:  conversion,
		},
		{
			when: []string{"write: broken pipe", "write: connection reset by peer", "http: Handler timeout", "http: response body closed"},
			and:  []string{"logger=webhook", "logger: webhook", "controller-runtime.webhook", "webhooks.server"}, to: []Destination{ToUnknown},
			class: Timeout, tunnel: No,
			meaning: "A webhook's own log: who called it had gone before it answered. The connection to it works.",
			causes:  []string{"the webhook was slower than the timeoutSeconds of its configuration", "the API server was restarted"},
			next:    []string{list, "look at the CPU limit of the webhook's pods, and at what it asks itself"},
			source:  webhookAPI,
		},
		{
			when:  []string{"http: TLS handshake error from"},
			and:   []string{"bad certificate", "unknown certificate", "certificate"},
			class: CertificateInvalid, tunnel: No,
			meaning: "A server's own log: the client that called it does not accept its certificate. The connection itself works.",
			causes: []string{
				"a webhook: the caBundle of its configuration is not the CA of its certificate",
				"an APIService: the same with its caBundle", "the certificate expired",
			},
			next:   []string{"compare the caBundle with the server's certificate", list},
			source: webhookAPI,
		},
		{
			when:  []string{"http: TLS handshake error from"},
			class: Elsewhere, tunnel: No,
			meaning: "A server's own log: a client ended the connection before TLS was agreed.",
			causes:  []string{"a TCP health probe of a load balancer or kubelet: harmless", "a client that speaks plain HTTP"},
			next:    []string{"nothing, if it comes at regular intervals"},
			source:  webhookAPI,
		},
	}
}
