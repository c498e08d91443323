package errtext

// certificateRules are certificates that were rejected, by who presented what to whom.
func certificateRules() []rule {
	return append(kubeletCertificates(), serverCertificates()...)
}

// notYet are the phrases of a certificate that is not valid yet, which also has those of one that has expired.
func notYet() []string { return []string{"is not yet valid: current time … is before"} }

// flaw is what is wrong with a certificate.
type flaw int

const (
	flawUse    flaw = iota // it is not meant for a server
	flawName               // it does not name the address
	flawTime               // it has expired
	flawSigner             // who issued it is no CA
	flawKey                // its issuer has the name of a known CA, and another key
	flawCA                 // nobody knows who issued it
)

// phrases returns those of crypto/x509.
func (k flaw) phrases() []string {
	switch k {
	case flawUse:
		return []string{"certificate specifies an incompatible key usage"}
	case flawName:
		return []string{
			"certificate is valid for … , not", "doesn't contain any IP SANs", "certificate is not valid for any names",
			"certificate relies on legacy Common Name field",
		}
	case flawTime:
		return []string{"certificate has expired"}
	case flawSigner:
		return []string{"parent certificate cannot sign this kind of certificate", "certificate is not authorized to sign other certificates"}
	case flawKey:
		const unknown = "signed by unknown authority (possibly because of … "
		return []string{unknown + "rsa: verification error", unknown + "ECDSA verification failure", unknown + "Ed25519 verification failure"}
	default:
		return []string{"certificate signed by unknown authority", "certificate signed by unknown certificate authority"}
	}
}

// kubeletCertificates are kubelets' certificates that the API server rejects. exec, attach and port-forward only say "error dialing
// backend".
func kubeletCertificates() []rule {
	pending := "kubectl get csr --field-selector spec.signerName=kubernetes.io/kubelet-serving"
	log := "kubectl aksnode run NODE --no-tunnel -- journalctl -u kubelet -n 100"
	var rules []rule
	add := func(k flaw, meaning string, causes []string, next ...string) {
		r := rule{
			when: k.phrases(), not: notYet(), to: []Destination{ToKubelet}, class: CertificateInvalid, tunnel: No,
			meaning: meaning, causes: causes, next: next,
			source: kubeletTLS,
		}
		rules = append(rules, r)
		r.to, r.and = nil, []string{"error dialing backend"}
		rules = append(rules, r)
	}
	add(flawUse, "The kubelet was reached. Its certificate is meant for a client, not for a server, so the API server does not accept it.",
		[]string{"the kubelet serves with the wrong file: its client certificate, or one issued without serverAuth"}, log, pending)
	add(flawName, "The kubelet was reached. Its certificate does not name the address at which it was asked.",
		[]string{
			"the node's address changed after the certificate was issued", "another node has that address now",
			"the kubelet made the certificate itself, for its host name only",
		}, "kubectl get nodes -o wide", pending)
	add(flawTime, "The kubelet was reached. Its certificate has expired.",
		[]string{"its signing request is pending, so it could not renew", "the node was off for long", "a clock is wrong"}, pending, log)
	add(flawCA, "The kubelet was reached. The API server does not trust who issued its certificate.",
		[]string{
			"the kubelet made the certificate itself: the rotation of serving certificates is off",
			"a certificate rotation was not completed on that node",
			"something else answers at the node's address",
		}, pending, log)
	return rules
}

// serverCertificates are certificates of webhooks and aggregated APIs that the API server rejects, and of others.
func serverCertificates() []rule {
	bundle := "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations,apiservices -o yaml | grep -B5 caBundle"
	var rules []rule
	add := func(k flaw, meaning string, causes []string, next ...string) {
		rules = append(rules, rule{
			when: k.phrases(), not: notYet(), to: []Destination{ToWebhook, ToExtension}, class: CertificateInvalid, tunnel: No,
			meaning: meaning, causes: causes,
			next: next, source: webhookAPI,
		})
	}
	add(flawName, "The webhook or aggregated API was reached. Its certificate does not name the Service by which the API server calls it.",
		[]string{
			"the certificate is for another name: it has to be SERVICE.NAMESPACE.svc, as a SAN and not only as the Common Name",
			"the Service leads to the pods of something else",
		},
		"kubectl insideout svc/NAME", "read the secret that holds the certificate, and the log of the server's pods")
	add(
		flawTime,
		"The webhook or aggregated API was reached. Its certificate has expired.",
		[]string{
			"what renews it does not run, such as cert-manager or a job",
			"the server still holds the old one: restart its pods",
			"a clock is wrong",
		},
		"kubectl get certificates -A",
		"kubectl rollout restart deployment NAME -n NAMESPACE",
	)
	add(flawUse, "The webhook or aggregated API was reached. Its certificate is meant for clients only, not for servers.",
		[]string{"its extended key usage lacks serverAuth: it was issued by a template for clients"},
		"kubectl get secret NAME -n NAMESPACE -o jsonpath='{.data.tls\\.crt}' | base64 -d | openssl x509 -noout -ext extendedKeyUsage")
	add(flawSigner, "The webhook or aggregated API was reached. The caBundle holds who issued its certificate, which is not a CA (CA:FALSE), "+
		"so what it signed is not accepted.",
		[]string{
			"the issuing certificate was made without basicConstraints CA:TRUE, such as a cert-manager Certificate without isCA: true",
			"the certificate of a server was used to issue another one",
		}, bundle, "issue the CA again as a CA, then the certificate, and put the new CA into caBundle")
	add(flawKey, "The webhook or aggregated API was reached. The caBundle holds a CA of the right name with another key.",
		[]string{
			"the CA was replaced, and the caBundle still holds the old one",
			"the certificate is an old one: restart the server's pods",
			"two installations of the chart overwrite each other",
		}, bundle, "kubectl rollout restart deployment NAME -n NAMESPACE")
	add(flawCA, "The webhook or aggregated API was reached. The caBundle of its configuration is not the CA of its certificate.",
		[]string{
			"the certificate was issued anew and the caBundle was not, or the other way around",
			"two installations of the chart overwrite each other",
			"what fills in the caBundle does not run, such as cert-manager's cainjector",
		}, bundle, "kubectl rollout restart deployment NAME -n NAMESPACE")
	return append(rules, rule{
		when: flawUse.phrases(), class: CertificateInvalid, tunnel: No,
		meaning: "A certificate is not meant for what it is used for: one for clients is presented by a server, or the other way around.",
		causes:  []string{"the wrong file is loaded", "the certificate was issued without serverAuth or clientAuth"},
		next:    []string{"openssl x509 -in FILE -noout -ext extendedKeyUsage"},
		source:  kubeletTLS,
	})
}
