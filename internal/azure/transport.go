package azure

import (
	"io"
	"net/http"
)

// transport sends requests, with their access token, to one server only, wherever answers lead, and bounds the answers.
type transport struct {
	endpoint string
	client   *http.Client
}

func newTransport(endpoint string) *transport {
	return &transport{endpoint: endpoint, client: &http.Client{
		Transport:     http.DefaultTransport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Do implements policy.Transporter.
func (t *transport) Do(req *http.Request) (*http.Response, error) {
	if !sameServer(req.URL.String(), t.endpoint) {
		return nil, final{&Error{Reason: Refused, Text: "an answer leads to another server"}}
	}
	resp, err := t.client.Do(req)
	if err != nil {
		return nil, err
	}
	resp.Body = &bounded{ReadCloser: resp.Body, left: maxAnswer}
	return resp, nil
}

// bounded is a body of which no more than that many bytes can be read.
type bounded struct {
	io.ReadCloser
	left int
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, final{&Error{Reason: Refused, Text: "the answer is too large"}}
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// final is an error for which a request is not repeated.
type final struct{ Err *Error }

// Error implements error.
func (f final) Error() string { return f.Err.Error() }

// NonRetriable marks it for azcore.
func (final) NonRetriable() {}

// Unwrap returns the *Error.
func (f final) Unwrap() error { return f.Err }
