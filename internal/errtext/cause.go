package errtext

// phrasesOf returns the phrases of Go's net, crypto/tls and gRPC packages for a cause. The causes are tried in this order: a
// resolver that times out is DNS, and an expired certificate is not just untrusted.
func phrasesOf(c Cause) []string {
	switch c {
	case CauseCredentials:
		return []string{
			"getting credentials", "kubelogin", "Permission denied (publickey)", "tls: bad certificate",
			"tls: certificate required", "Unauthenticated",
		}
	case CauseDNS:
		return []string{
			"no such host", "server misbehaving", ": lookup … timeout", "name resolution", "name or service not known",
			"nodename nor servname", "ENOTFOUND", "EAI_AGAIN", "UnknownHostException", "could not resolve host",
			"No address associated with hostname", "name does not resolve", "lookup …: Try again", "remote name could not be resolved",
			"dial tcp: i/o timeout",
		}
	case CauseExpired:
		return []string{"certificate has expired", "expired certificate", "certificate is not yet valid"}
	case CauseUntrusted:
		return []string{
			"unknown authority", "unknown certificate authority", "failed to verify certificate",
			"certificate is valid for", "doesn't contain any IP SANs", "x509:", "CERTIFICATE_VERIFY_FAILED", "self-signed certificate",
			"self signed certificate", "unable to get local issuer certificate", "PKIX path building failed",
			"unable to verify the first certificate", "remote certificate is invalid", "by the provided RemoteCertificateValidationCallback",
		}
	case CauseALPN:
		return []string{
			"selected ALPN", "http2:", "server preface", "does not look like a TLS handshake",
			"server gave HTTP response", "HTTP status code", ": EOF", "err=EOF",
		}
	case CauseTimeout:
		return []string{
			"i/o timeout", "connection timed out", "operation timed out", "TLS handshake timeout", "deadline exceeded",
			"Client.Timeout exceeded", "request canceled while waiting", "did not properly respond", "ETIMEDOUT", "SocketTimeoutException",
			"ConnectTimeoutError",
		}
	case CauseRefused:
		return []string{"connection refused", "actively refused", "was refused - did you specify", "ECONNREFUSED"}
	case CauseUnreachable:
		return []string{"no route to host", "network is unreachable", "host is unreachable", "network is down", "EHOSTUNREACH"}
	case CauseReset:
		return []string{
			"connection reset", "broken pipe", ": EOF", "forcibly closed", "ECONNRESET", "socket hang up", "Connection aborted",
			"http2: client connection lost",
		}
	}
	return nil
}
