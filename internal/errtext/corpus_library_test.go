package errtext

// librarySamples are what client libraries of .NET, Python, Java and Node.js report.
func librarySamples() []sample {
	no := func(text string, c Class) sample { return sample{text: text, class: c, tunnel: No} }
	cut := func(text string) sample { return sample{text: text, class: ConnectionLost, tunnel: Maybe} }
	client := func(text string, c Cause) sample {
		return sample{text: text, class: ClientCannotConnect, cause: c, tunnel: No}
	}
	const ssl = `System.Net.Http.HttpRequestException: The SSL connection could not be established, see inner exception.`
	const java = `io.fabric8.kubernetes.client.KubernetesClientException: Failure executing: GET at: https://{ip}:443/api/v1/namespaces/{ns}/pods. `
	return []sample{
		no(`kubernetes.client.exceptions.ApiException: (401) Reason: Unauthorized`, Unauthorized),
		no(`io.kubernetes.client.openapi.ApiException: Message: Unauthorized HTTP response code: 401`, Unauthorized),
		no(java+`Message: Unauthorized! Token may have expired! Please log-in again. Unauthorized.`, Unauthorized),
		no(java+`Message: Forbidden!Configured service account doesn't have access. Service account may have been revoked.`, Forbidden),
		no(`kubernetes.client.rest.ApiException: (403) Reason: Forbidden`, Forbidden),
		no(`k8s.Autorest.HttpOperationException: Operation returned an invalid status code 'Forbidden'`, Forbidden),
		no(`kubernetes.client.exceptions.ApiException: (404) Reason: Not Found`, NotFound),
		no(
			`HTTP response body: {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"nope","reason":"NotFound","code":404}`,
			NotFound,
		),
		no(`kubernetes.client.exceptions.ApiException: (409) Reason: Conflict`, Answered),
		no(`k8s.Autorest.HttpOperationException: Operation returned an invalid status code 'UnprocessableEntity'`, Answered),
		no(`kubernetes.client.exceptions.ApiException: (410) Reason: Expired`, Answered),
		{
			text: java + `Message: Internal error occurred: failed calling webhook "{hook}": failed to call webhook: ` +
				`Post "https://{svc}.{ns}.svc:443/x?timeout=10s": context deadline exceeded.`,
			class: Timeout, tunnel: Maybe, to: ToWebhook, target: "{svc}.{ns}.svc:443", hook: "{hook}",
		},

		client(
			ssl+` ---> System.ComponentModel.Win32Exception (0x8009030D): The credentials supplied to the package were not recognized`,
			CauseCredentials,
		),
		client(`Internal.Cryptography.CryptoThrowHelper+WindowsCryptographicException: Keyset does not exist`, CauseCredentials),
		client(
			ssl+` ---> AuthenticationException: The remote certificate is invalid because of errors in the certificate chain: UntrustedRoot`,
			CauseUntrusted,
		),
		client(
			ssl+` ---> AuthenticationException: The remote certificate was rejected by the provided RemoteCertificateValidationCallback.`,
			CauseUntrusted,
		),
		client(ssl+` ---> System.IO.IOException: Cannot determine the frame size or a corrupted frame was received.`, CausePlain),
		client(ssl+` ---> Win32Exception (0x80090326): The message received was unexpected or badly formatted.`, CauseReset),
		client(ssl, ""),
		client(`javax.net.ssl.SSLException: Unrecognized SSL message, plaintext connection?`, CausePlain),
		client(`Error from server (BadRequest): Client sent an HTTP request to an HTTPS server.`, CausePlain),

		cut(`urllib3.exceptions.ProtocolError: ('Connection broken: IncompleteRead(0 bytes read)', IncompleteRead(0 bytes read))`),
		cut(`Connection broken: InvalidChunkLength(got length b'', 0 bytes read)`),
		cut(`System.IO.IOException: The response ended prematurely.`),
		cut(`okhttp3.internal.http2.StreamResetException: stream was reset: NO_ERROR`),
		{
			text:   `urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool(host='{fqdn}', port=443): Read timed out. (read timeout=60)`,
			class:  Timeout,
			tunnel: Maybe,
		},
	}
}

// watchSamples are logs of client-go, and what it says of answers that it could not read.
func watchSamples() []sample {
	no := func(text string, c Class) sample { return sample{text: text, class: c, tunnel: No} }
	client := func(text string, c Cause, target string) sample {
		return sample{text: text, class: ClientCannotConnect, cause: c, tunnel: No, target: target}
	}
	const head = `E{klog} reflector.go:{line}] k8s.io/client-go/informers/factory.go:150: Failed to watch *v1.Pod: `
	const list = head + `failed to list *v1.Pod: Get "https://{fqdn}:443/api/v1/pods?limit=500&resourceVersion=0": `
	const read = `unexpected error when reading response body. Please retry. Original error: `
	return []sample{
		no(
			`E{klog} streamwatcher.go:{line}] Unable to decode an event from the watch stream: stream error: stream ID 561; INTERNAL_ERROR`,
			ConnectionLost,
		),
		no(
			`W{klog} reflector.go:{line}] watch of *v1.Node ended with: an error on the server ("unable to decode an event from the watch stream: `+
				`http2: client connection lost") has prevented the request from succeeding`,
			ConnectionLost,
		),
		no(`W{klog} reflector.go:{line}] watch of *v1.Pod ended with: too old resource version: 1 (2)`, ConnectionLost),
		no(
			`very short watch: k8s.io/client-go/informers/factory.go:150: Unexpected watch close - watch lasted less than a second`,
			ConnectionLost,
		),
		no(head+`failed to list *v1.Pod: Unauthorized`, Unauthorized),
		no(head+`unknown (get pods)`, Answered),
		client(list+`dial tcp: i/o timeout`, CauseDNS, "{fqdn}:443"),
		client(list+`net/http: TLS handshake timeout`, CauseTimeout, "{fqdn}:443"),
		client(list+`EOF`, CauseReset, "{fqdn}:443"),
		no(list+`http2: client connection lost`, ConnectionLost).aimed("{fqdn}:443"),
		client(list+`x509: certificate signed by unknown authority`, CauseUntrusted, "{fqdn}:443"),
		client(read+`net/http: request canceled (Client.Timeout or context cancellation while reading body)`, CauseTimeout, ""),
		no(
			`stream error when reading response body, may be caused by closed connection. Please retry. Original error: stream error: stream ID 1; `+
				`INTERNAL_ERROR; received from peer`,
			ConnectionLost,
		),
	}
}

// copySamples are messages of tar.
func copySamples() []sample {
	no := func(text string, c Class) sample { return sample{text: text, class: c, tunnel: No} }
	return []sample{
		no(`tar: invalid tar magic`, KubeletAnswered),
		no(`tar: Unexpected EOF in archive`, KubeletAnswered),
		no(`error: archive/tar: invalid tar header`, KubeletAnswered),
		no(`archive/tar: write too long`, KubeletAnswered),
		no(`tar: data.db: Cannot write: No space left on device`, KubeletAnswered),
		no(`tar: .: Cannot open: Is a directory`, KubeletAnswered),
		no(`tar: /tmp/x: Cannot stat: No such file or directory`, KubeletAnswered),
		no(`tar: unrecognized option: warning`, KubeletAnswered),
		no("tar: Removing leading `/' from member names", Harmless),
		{text: `Dropping out copy after 0 retries`, class: ConnectionLost, tunnel: Maybe},
	}
}
