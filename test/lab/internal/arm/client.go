package arm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/process"
)

func publicSocket() string  { return layout.In("run", "arm-public.sock") }
func controlSocket() string { return layout.In("run", "arm-control.sock") }

// Runs reports whether the lab has an Azure.
func Runs() bool { return process.Running(ProcessName) }

// Transport returns a transport that sends every request to Resource Manager, whatever the host in its URL.
func Transport() http.RoundTripper { return over(publicSocket()) }

// Control returns a transport that sends every request to the sockets of the lab's own commands.
func Control() http.RoundTripper { return over(controlSocket()) }

func over(socket string) *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}}
}

// Do sends a command to the running Resource Manager and returns its answer. in is encoded as JSON; nil: there is no
// body.
func Do(ctx context.Context, method, path string, in any) ([]byte, error) {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://control"+path, body)
	if err != nil {
		return nil, err
	}
	resp, err := (&http.Client{Transport: over(controlSocket())}).Do(req)
	if err != nil {
		return nil, fmt.Errorf("the lab has no Azure: start it with bin/lab up --azure: %w", err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return nil, fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, bytes.TrimSpace(b))
	}
	return b, nil
}

// Decode is Do, and decodes the answer into out.
func Decode(ctx context.Context, method, path string, in, out any) error {
	b, err := Do(ctx, method, path, in)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, out)
}
