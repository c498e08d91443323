package errtext

// policyRules are denials by admission control. They come first, because a policy's message may quote any other error.
func policyRules() []rule {
	denied := func(r rule) rule {
		r.class, r.tunnel = PolicyDenied, No
		return r
	}
	return []rule{
		denied(rule{
			when:    []string{"admission webhook … denied the request: [azurepolicy-", "validation.gatekeeper.sh … denied the request"},
			meaning: "Azure Policy (Gatekeeper) denied the object. The webhook answered, so the connection to it works.",
			causes:  []string{"an Azure Policy assignment forbids a setting of the object"},
			next:    []string{"exempt the namespace in the policy assignment, or change the object", "kubectl get constraints"},
			source:  webhookDenial,
		}),
		denied(rule{
			when:    []string{"admission webhook … denied the request", "admission webhook … attempted to modify the object"},
			meaning: "An admission webhook answered and denied the object. The connection to it works.",
			causes:  []string{"a rule of that webhook", "an internal error of the webhook; its message says so"},
			next:    []string{"read the webhook's message", "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"},
			source:  webhookDenial,
		}),
		{
			when:  []string{"because it is being terminated"},
			class: Answered, tunnel: No,
			meaning: "The namespace is being deleted, so nothing can be created in it. No permission is missing, although the API server says " +
				"\"forbidden\".",
			causes: []string{
				"it was deleted a moment ago", "an object in it has a finalizer that is not removed, or an aggregated API does not answer",
			},
			next: []string{
				"kubectl get namespace NAME -o yaml: its conditions say what is left", "wait until it is gone, then repeat the command",
				"kubectl tunneldoctor, if it stays Terminating",
			},
			source: "https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/",
		},
		denied(rule{
			when:    []string{"exceeded quota:", "failed quota:"},
			meaning: "A ResourceQuota of the namespace does not allow the object. The API server says \"forbidden\", but rights are not the matter.",
			causes:  []string{"the quota is used up: see used and limited", "the quota asks for requests or limits that the pod does not set"},
			next:    []string{"kubectl describe resourcequota -n NAMESPACE"},
			source:  "https://kubernetes.io/docs/concepts/policy/resource-quotas/",
		}),
		denied(rule{
			when:    []string{"would violate PodSecurity"},
			meaning: "Only a warning: the pod violates a Pod Security level that the namespace warns about. It is admitted.",
			causes:  []string{"the namespace has a pod-security.kubernetes.io/warn label"},
			next:    []string{"kubectl get namespace NAMESPACE --show-labels"},
			source:  podSecurity,
		}),
		denied(rule{
			when:    []string{"violates PodSecurity"},
			meaning: "The namespace enforces a Pod Security level that the pod violates.",
			causes:  []string{"the namespace has a pod-security.kubernetes.io/enforce label", "AKS Automatic enforces the baseline level"},
			next:    []string{"use a namespace that allows the pod", "kubectl get namespace NAMESPACE --show-labels"},
			source:  podSecurity,
		}),
		denied(rule{
			when:    []string{"ValidatingAdmissionPolicy … denied request"},
			meaning: "A ValidatingAdmissionPolicy in the API server denied the request.",
			causes:  []string{"a rule of the cluster's owner", "AKS Automatic protects resources that AKS manages"},
			next:    []string{"kubectl get validatingadmissionpolicies,validatingadmissionpolicybindings"},
			source:  validating,
		}),
		denied(rule{
			when:    []string{"policy … with binding … denied request"},
			meaning: "An admission policy in the API server, such as a MutatingAdmissionPolicy, denied the request.",
			causes:  []string{"a rule of the cluster's owner", "the policy cannot be applied to the object, and its failurePolicy is Fail"},
			next: []string{
				"kubectl get mutatingadmissionpolicies,mutatingadmissionpolicybindings",
				"kubectl get validatingadmissionpolicies,validatingadmissionpolicybindings",
			},
			source: "https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/",
		}),
	}
}
