package errtext

// libraryRules are what client libraries report in words of their own: .NET, Python, Java and Node.js. They come after what they may quote.
func libraryRules() []rule {
	return append(append(statusRules(), secureRules()...), streamRules()...)
}

// statusRules are answers of the API server by their status.
func statusRules() []rule {
	row := func(c Class, meaning string, causes, next []string, code string, reasons ...string) rule {
		when := []string{
			"kubernetes.client … ApiException: (" + code + ")", "kubernetes_asyncio … ApiException: (" + code + ")",
			"io.kubernetes.client … ApiException … HTTP response code: " + code, "Failure executing: … code=" + code + ",",
		}
		for _, reason := range reasons {
			when = append(when, "kind: Status … reason: "+reason+",", "Failure executing: … Message: "+reason+"!",
				"k8s.Autorest.HttpOperationException: Operation returned an invalid status code "+reason,
				"HttpOperationException: Operation returned an invalid status code "+reason+" … at k8s.")
		}
		return rule{when: when, class: c, tunnel: No, meaning: meaning, causes: causes, next: next, source: apiErrors}
	}
	return []rule{
		row(Unauthorized, "The API server was reached and does not accept the credentials of this program.",
			[]string{
				"the token expired while the program ran, or the library did not read the new one", "the library found no credentials and sent none",
				"the kubeconfig or the service account is of another cluster",
			}, []string{"restart the program, or update the library", "kubectl auth whoami"}, "401", "Unauthorized"),
		row(
			Forbidden,
			"The API server was reached and answered: this program's account may not do that.",
			[]string{
				"the pod uses the default service account, or a role binding is missing",
				"the library sent no credentials: system:anonymous",
			},
			[]string{"kubectl auth can-i VERB RESOURCE -n NAMESPACE --as=system:serviceaccount:NAMESPACE:NAME"},
			"403",
			"Forbidden",
		),
		row(
			NotFound,
			"The API server was reached and answered: the object, or the API itself, does not exist.",
			[]string{
				"the object is gone, or in another namespace",
				"the library asks for an API version that the cluster no longer serves",
			},
			[]string{"kubectl api-versions", "update the library"},
			"404",
			"NotFound",
		),
		row(Answered, "The API server was reached and answered: the object was changed or made by someone else in the meantime.",
			[]string{"two programs write the same object", "it exists already"}, []string{"read the object again and repeat"},
			"409", "Conflict", "AlreadyExists"),
		row(Answered, "The API server was reached and answered: the object or request is not valid.",
			[]string{"a field is wrong or cannot be changed: see the message"}, []string{"read the message in the body"},
			"422", "Invalid", "UnprocessableEntity"),
		row(
			Answered,
			"The API server was reached and answered: what was to be watched from is too old. The program has to list again.",
			[]string{
				"the watch was away for more than some minutes",
				"the library does not list again by itself",
			},
			[]string{"list and watch again"},
			"410",
			"Expired",
			"Gone",
		),
	}
}

// secureRules are TLS of .NET and Java.
func secureRules() []rule {
	row := func(c Cause, meaning, source string, causes, next []string, when ...string) rule {
		return rule{
			when:    when,
			class:   ClientCannotConnect,
			cause:   c,
			tunnel:  No,
			meaning: meaning,
			causes:  causes,
			next:    next,
			source:  source,
		}
	}
	const csharp = "https://github.com/kubernetes-client/csharp/issues/"
	inner := "The SSL connection could not be established"
	closed := row(
		"",
		"This program could not agree on TLS with the server that it asked. The text lacks the inner exception, which says why.",
		csharp+"685",
		[]string{
			"the library does not know the server's CA: the kubeconfig is old or for another cluster", "the client certificate cannot be used",
			"a proxy inspects TLS",
		},
		[]string{"print the inner exception too", "kubectl get --raw /version on the same computer"},
		inner,
	)
	closed.beside = []Class{ClientCannotConnect}
	return []rule{
		row(
			CauseCredentials,
			"This program could not use the private key of its client certificate. Nothing was sent to the API server.",
			csharp+"235",
			[]string{
				"on Windows the key was loaded without a key store: in Azure Functions and App Service no user profile is loaded",
				"the program's account may not read the key, or the certificate has none",
			},
			[]string{
				"log in by a token instead of the client certificate of the kubeconfig", "set WEBSITE_LOAD_USER_PROFILE=1 in App Service and Functions",
				"load the certificate with X509KeyStorageFlags.MachineKeySet",
			},
			"0x8009030D",
			"0x8009030E",
			"credentials supplied to the package were not recognized",
			"No credentials are available in the security package",
			"Keyset does not exist",
			"AcquireCredentialsHandle … X509Certificate",
		),
		row(CausePlain, "The server that this program asked speaks plain HTTP, without TLS.", kubectlHelpers,
			[]string{"the address has https:// with a wrong port, or with that of a plain server or proxy", "an HTTP proxy answers"},
			[]string{"kubectl config view --minify", "env | grep -i proxy"}, noTLS()[3:]...),
		row(
			CausePlain,
			"A client sent plain HTTP to a port that speaks TLS. That server answered so; nothing else was done.",
			kubectlHelpers,
			[]string{"the kubeconfig or the address has http:// in place of https://"},
			[]string{"kubectl config view --minify"},
			"Client sent an HTTP request to an HTTPS server",
		),
		row(CauseReset, "The server, or something in between, ended TLS before it was agreed.", csharp+"795",
			[]string{
				"the server does not accept the client certificate or the TLS version of this program", "a proxy or firewall in between ends TLS",
			},
			[]string{"compare with kubectl get --raw /version on the same computer", "update the library"},
			inner+" … unexpected or badly formatted", inner+" … closed the transport stream", inner+" … unexpected EOF",
			"Remote host terminated the handshake", "Remote host closed connection during handshake"),
		closed,
	}
}

// streamRules are connections that broke in the middle of an answer.
func streamRules() []rule {
	return []rule{
		{
			when: []string{
				"Connection broken: IncompleteRead", "Connection broken: InvalidChunkLength",
				"InvalidChunkLength(got length", "IncompleteRead(0 bytes read)",
				"Response ended prematurely", "StreamResetException", "unexpected end of stream on https://",
				"Remote end closed connection without response",
				"Unable to read data from the transport connection", "ERR_STREAM_PREMATURE_CLOSE", "Premature close",
			},
			class: ConnectionLost, tunnel: Maybe,
			meaning: "A response that a program was reading, such as a log or a watch, was cut before its end.",
			causes: []string{
				"it was idle too long for something on the way: Azure load balancers cut idle connections after 4 minutes by default, proxies earlier",
				"a watch: the API server ends each after some minutes, and the library does not start it again",
				"the API server, or for logs a tunnel agent, was restarted",
			},
			next: []string{
				"start the log or watch again where it ended",
				"set TCP keepalive in the library",
				"kubectl tunneldoctor, if it is logs only",
			},
			source: "https://github.com/kubernetes-client/python/issues/728",
		},
		{
			when:  []string{"ReadTimeoutError", "Read timed out. (read timeout"},
			class: Timeout, tunnel: Maybe,
			meaning: "A program was connected and read nothing in time. The text does not say more of the server than its name.",
			causes: []string{
				"a log or watch without news for longer than the read timeout of the program", "the connection died and nobody told the program",
				"the server is overloaded",
			},
			next:   []string{"give a longer read timeout, or start again", "kubectl tunneldoctor, if it is logs or exec only"},
			source: "https://github.com/kubernetes-client/python/issues/728",
		},
	}
}
