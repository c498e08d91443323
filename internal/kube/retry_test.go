package kube

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/utils/ptr"
)

// forgetful is a middlebox between a client and a server that can forget connections: it then drops their packets, and forwards those of
// new ones.
type forgetful struct {
	net.Listener
	mu   sync.Mutex
	open []net.Conn
}

func (f *forgetful) serve(to string) {
	for {
		near, err := f.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", to)
		if err != nil {
			_ = near.Close()
			continue
		}
		f.mu.Lock()
		f.open = append(f.open, far)
		f.mu.Unlock()
		go func() { _, _ = io.Copy(far, near) }()
		go func() { _, _ = io.Copy(near, far) }()
	}
}

// forget drops what is open, without telling the client.
func (f *forgetful) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, far := range f.open {
		_ = far.SetDeadline(time.Now()) // ends both copies and closes nothing
	}
}

// A request on a connection that was forgotten on its way is repeated on a new one.
func TestRetry(t *testing.T) {
	t.Setenv("KUBECONFIG", "/dev/null")
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"shop"}}`)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	middlebox := &forgetful{Listener: listener}
	go middlebox.serve(server.Listener.Addr().String())
	flags := genericclioptions.NewConfigFlags(false)
	flags.APIServer, flags.Insecure = ptr.To("https://"+listener.Addr().String()), ptr.To(true)
	clients, err := New(flags)
	if err != nil {
		t.Fatal(err)
	}
	attempts := 0
	get := func(ctx context.Context) error {
		attempts++
		_, err := clients.CoreV1().Namespaces().Get(ctx, "shop", metav1.GetOptions{})
		return err
	}
	if err := clients.Retry(t.Context(), 5*time.Second, get); err != nil || attempts != 1 {
		t.Fatalf("%d attempts: %v", attempts, err)
	}
	middlebox.forget()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := clients.Retry(ctx, time.Second, get); err != nil || attempts < 3 { // on a busy computer, more than two
		t.Errorf("%d attempts: %v", attempts, err)
	}
}
