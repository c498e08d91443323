package dial

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"k8s.io/streaming/pkg/httpstream"
)

// silentTunnel is a tunnel whose other end replies to nothing.
type silentTunnel struct {
	httpstream.Connection
	end chan struct{}
}

func (s silentTunnel) CreateStream(http.Header) (httpstream.Stream, error) {
	<-s.end
	return nil, errors.New("timeout")
}

// Dialing ends with its context, even if the API server opens the port-forward and then replies to nothing.
func TestSilentTunnel(t *testing.T) {
	tunnel := silentTunnel{end: make(chan struct{})}
	defer time.AfterFunc(5*time.Second, func() { close(tunnel.end) }).Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := openStreams(ctx, tunnel, "22"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error is %v", err)
	}
}
