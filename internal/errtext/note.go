package errtext

import "slices"

// noteRules are lines that are no fault, or say little: they count only if nothing else does.
func noteRules() []rule {
	telling := []Class{
		NoAgentConnected, TunnelReset, TunnelServerDown, DialFailed, Timeout, Refused, Unreachable, Unresolved, NotTLS, NoServingCertificate,
		CertificateInvalid, KubeletUnauthorized, WrongServer, NoEndpoints, WebhookFailed, ExtensionAPI, NoAddress, KubeletAnswered,
		NotRunning, NotSupported, ClientCannotConnect, Proxied, Unauthorized, Forbidden, NotFound, Answered, PolicyDenied, DryRunUnsupported,
		ConditionFailed, PatchFailed,
	}
	row := func(c Class, source, meaning string, causes, next []string, when ...string) rule {
		beside := telling
		if c == Harmless {
			beside = append(slices.Clone(telling), ConnectionLost, Elsewhere)
		}
		return rule{
			when: when, beside: beside, class: c, tunnel: No, meaning: meaning, causes: causes, next: next, source: source,
		}
	}
	return []rule{
		row(
			Elsewhere,
			kubectlExec,
			"The command ran in the container and exited with a non-zero code of its own.",
			[]string{
				"the command failed",
				"137: it was killed, often OOM-killed",
				"126 and 127: a program in it cannot be run, or does not exist",
			},
			[]string{"read the command's own output"},
			"command terminated with exit code",
			"command terminated with non-zero exit code",
		),
		row(
			Harmless,
			"https://github.com/helm/helm/issues/9115",
			"A warning, not an error: other users of this computer can read the kubeconfig. Helm goes on.",
			[]string{"the permissions of the file, or of a file system that has none, such as a mounted Windows drive"},
			[]string{
				"chmod 600 ~/.kube/config",
			},
			"Kubernetes configuration file is group-readable",
			"Kubernetes configuration file is world-readable",
		),
		row(
			Harmless,
			"https://kubernetes.io/docs/concepts/security/service-accounts/#get-a-token",
			"A warning, not an error: the request was made with a token of a kind that Kubernetes no longer makes by itself. It is still valid.",
			[]string{"a pipeline uses the token of a secret that was generated for a service account"},
			[]string{"nothing now; later use a token of the TokenRequest API, or a secret made by hand"},
			"Use tokens from the TokenRequest API or manually created secret-based tokens",
		),
		row(Harmless, kubectlCp, "Not an error: tar in the container says that it makes paths relative.",
			[]string{"kubectl cp from an absolute path"}, []string{"nothing"}, "tar: Removing leading"),
		row(
			Elsewhere,
			"https://github.com/fluxcd/flux2/issues/3255",
			"A program's time was over while it waited. The rate limiter is only where it noticed; the text does not tell what it waited for.",
			[]string{"what it waited for did not become ready in time: see the status of that object", "its API calls were slow"},
			[]string{"look at the status and events of what was to become ready", "give a longer timeout"},
			"client rate limiter Wait returned an error",
		),
	}
}
