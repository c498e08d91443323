package kube

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/utils/ptr"
)

// A response that becomes long only when it is decompressed is not read into memory, unless the caller reads it piece by piece.
func TestLargeResponses(t *testing.T) {
	const mib = 1 << 20
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, `{"kind":"PodList","apiVersion":"v1","items":[`)
		for range sizeLimit/mib + 1 {
			_, _ = io.WriteString(z, strings.Repeat(" ", mib))
		}
		_, _ = io.WriteString(z, `]}`)
		_ = z.Close()
	}))
	defer server.Close()
	flags := genericclioptions.NewConfigFlags(false)
	flags.APIServer = ptr.To(server.URL)
	clients, err := New(flags)
	if err != nil {
		t.Fatal(err)
	}
	_, err = clients.CoreV1().Pods("default").List(t.Context(), metav1.ListOptions{})
	if large := (*TooLargeError)(nil); !errors.As(err, &large) {
		t.Errorf("a list that is too long: %v", err)
	}
	body, err := clients.CoreV1().RESTClient().Get().AbsPath("/api/v1/pods").Stream(Streamed(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = body.Close() }()
	if n, err := io.Copy(io.Discard, body); err != nil || n <= sizeLimit {
		t.Errorf("of a stream, %d bytes are read: %v", n, err)
	}
}
