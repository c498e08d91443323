package facts

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/azurelb"
	"github.com/akstools/akstools/internal/testpod"
)

// A probe that fails is repeated, as the load balancer repeats it: kube-proxy may answer late that the node has a pod.
func TestProbesAreRepeated(t *testing.T) {
	for name, c := range map[string]struct {
		failures, sent int
		ok             bool
	}{"answers": {0, 1, true}, "answers late": {1, 2, true}, "fails": {9, 1 + probeRepeats, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := 0
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if sent++; sent <= c.failures {
					w.WriteHeader(http.StatusServiceUnavailable)
				}
			}))
			defer s.Close()
			at := strings.TrimPrefix(s.URL, "http://")
			p := azurelb.Probe{Scheme: "http", Path: "/healthz"}
			var a HealthAnswer
			r := testpod.Request{Address: at, Protocol: p.Scheme, Host: at, Path: p.Path, Timeout: 3 * time.Second}
			if err := a.probe(t.Context(), &net.Dialer{}, r, p); err != nil || sent != c.sent || a.OK(p) != c.ok {
				t.Errorf("%d probes, %+v, %v", sent, a, err)
			}
		})
	}
}
