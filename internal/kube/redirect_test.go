package kube

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/utils/ptr"
)

// A redirect to another path of the same server is followed, as for the logs of a kubelet.
func TestRedirectToTheSameServer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/logs/" {
			http.Redirect(w, r, "/logs/", http.StatusMovedPermanently)
			return
		}
		_, _ = io.WriteString(w, "a line")
	}))
	defer server.Close()
	flags := genericclioptions.NewConfigFlags(false)
	flags.APIServer = ptr.To(server.URL)
	clients, err := New(flags)
	if err != nil {
		t.Fatal(err)
	}
	text, err := clients.CoreV1().RESTClient().Get().AbsPath("/logs").DoRaw(t.Context())
	if err != nil || string(text) != "a line" {
		t.Errorf("%q, %v", text, err)
	}
}

// No request is sent to an address that the API server chooses.
func TestRedirects(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s was sent to another server", r.Method, r.URL)
	}))
	defer elsewhere.Close()
	for _, code := range []int{301, 302, 303, 307, 308} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+r.URL.Path, code)
		}))
		flags := genericclioptions.NewConfigFlags(false)
		flags.APIServer, flags.BearerToken = ptr.To(server.URL), ptr.To("token")
		clients, err := New(flags)
		if err != nil {
			t.Fatal(err)
		}
		_, err = clients.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
		var redirect *RedirectError
		if !errors.As(err, &redirect) || redirect.To != elsewhere.URL {
			t.Errorf("%d: listing nodes: %v", code, err)
		}
		at := Container{Namespace: "default", Pod: "p", Name: "c"}
		err = clients.Exec(t.Context(), at, []string{"true"}, remotecommand.StreamOptions{Stdout: io.Discard})
		if err == nil || !strings.Contains(err.Error(), "redirect") {
			t.Errorf("%d: exec: %v", code, err)
		}
		server.Close()
	}
}
