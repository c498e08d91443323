package facts

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/kube"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// clientsOf returns clients for the API server that answers by f.
func clientsOf(t *testing.T, f roundTrip) *kube.Clients {
	t.Helper()
	flags := genericclioptions.NewConfigFlags(false)
	flags.APIServer = ptr.To("http://cluster.invalid")
	flags.WrapConfigFn = func(config *rest.Config) *rest.Config {
		config.Transport = f
		return config
	}
	clients, err := kube.New(flags)
	if err != nil {
		t.Fatal(err)
	}
	return clients
}

// answerTo returns a response of the API server.
func answerTo(r *http.Request, code int, body string) *http.Response {
	header := http.Header{"Content-Type": {"application/json"}, "Retry-After": {"5"}}
	return &http.Response{StatusCode: code, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}
