package kube

import (
	"fmt"
	"net/http"

	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// RedirectError reports that a response of the API server was a redirect to another address. API servers send none; what stands before
// them may, for example to a page for login. It would make this computer send requests, some with credentials, to an address of the
// server's choice.
type RedirectError struct {
	To string // scheme and host
}

func (e *RedirectError) Error() string {
	return fmt.Sprintf("the API server sent a redirect to %.300q, which is not followed", e.To)
}

// noRedirects is a RoundTripper that returns a *RedirectError for each redirect, except for what is read from the same scheme and host: a
// kubelet redirects from /logs to /logs/.
type noRedirects struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (n noRedirects) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := n.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	switch response.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return response, nil
	}
	to := "an unknown address"
	if u, err := response.Location(); err == nil {
		if r.Method == http.MethodGet && u.Scheme == r.URL.Scheme && u.Host == r.URL.Host {
			return response, nil
		}
		to = u.Scheme + "://" + u.Host
	}
	_ = response.Body.Close()
	return nil, &RedirectError{To: to}
}

// WrappedRoundTripper implements utilnet.RoundTripperWrapper.
func (n noRedirects) WrappedRoundTripper() http.RoundTripper { return n.RoundTripper }

var _ utilnet.RoundTripperWrapper = noRedirects{}
