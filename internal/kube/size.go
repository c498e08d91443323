package kube

import (
	"context"
	"fmt"
	"io"
	"net/http"

	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// sizeLimit is how long a response may be that is read into memory, in bytes and after decompression. A page of 500 pods has about 10 MB.
const sizeLimit = 32 << 20

// TooLargeError reports that a response of the API server, or of what answers in its place, was longer than Limit bytes.
type TooLargeError struct{ Limit int64 }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the response of the API server is larger than %d MiB", e.Limit>>20)
}

type streamedKey struct{}

// Streamed returns a context for requests whose responses are processed piece by piece, and may have any length.
func Streamed(ctx context.Context) context.Context {
	return context.WithValue(ctx, streamedKey{}, true)
}

// sized is a RoundTripper that ends responses with a *TooLargeError that are longer than limit bytes.
type sized struct {
	http.RoundTripper
	limit int64
}

// RoundTrip implements http.RoundTripper.
func (s sized) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := s.RoundTripper.RoundTrip(r)
	if err != nil || streams(r) || r.Context().Value(streamedKey{}) != nil {
		return response, err
	}
	response.Body = &sizedBody{response.Body, s.limit, s.limit}
	return response, nil
}

// WrappedRoundTripper implements utilnet.RoundTripperWrapper.
func (s sized) WrappedRoundTripper() http.RoundTripper { return s.RoundTripper }

var _ utilnet.RoundTripperWrapper = sized{}

type sizedBody struct {
	io.ReadCloser
	limit, left int64
}

// Read implements io.Reader.
func (b *sizedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, &TooLargeError{b.limit}
	}
	return n, err
}
