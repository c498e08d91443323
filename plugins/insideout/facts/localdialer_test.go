package facts

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/ingress"
)

// TestRefuseLocal: an address of this computer, its link or its platform is not connected to, whatever name resolves there.
func TestRefuseLocal(t *testing.T) {
	for addr, refused := range map[string]bool{
		"127.0.0.1:80": true, "[::1]:80": true, "[::ffff:127.0.0.1]:80": true, "0.0.0.0:80": true, "[::]:80": true,
		"169.254.169.254:80": true, "[fe80::1%eth0]:80": true, "224.0.0.1:80": true, "168.63.129.16:80": true, "nonsense": true,
		"203.0.113.9:80": false, "10.1.2.3:443": false, "[2001:db8::1]:443": false,
	} {
		if err := refuseLocal("tcp", addr, nil); (err != nil) != refused {
			t.Errorf("%s: %v", addr, err)
		}
	}
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	for _, named := range []bool{false, true} {
		conn, err := localDialer{time.Second, named}.DialContext(t.Context(), "tcp", "localhost:"+port)
		if (err == nil) != named {
			t.Errorf("named %v: %v", named, err)
		}
		if err == nil {
			_ = conn.Close()
		}
	}
}

// told keeps what is told to the user.
type told struct {
	mu    sync.Mutex
	notes []string
}

func (s *told) Stepf(string, ...any)       {}
func (s *told) Warnf(string, ...any)       {}
func (s *told) Creating(_, _, _, _ string) {}
func (s *told) Notef(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// TestRequestsFromHere: a rule of a tenant makes this computer send nothing to where its host leads, unless the user named the host, and
// nothing to this computer itself; and the user is told beforehand.
func TestRequestsFromHere(t *testing.T) {
	for _, named := range []bool{false, true} {
		t.Run(fmt.Sprint(named), func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				t.Errorf("request %s%s", r.Host, r.URL.Path)
			}))
			defer server.Close()
			var port int32
			_, number, _ := net.SplitHostPort(server.Listener.Addr().String())
			_, _ = fmt.Sscan(number, &port)
			a := IngressAnswer{ // at a Gateway's listener, which may have any port
				Request: ingress.Request{Host: "jenkins.corp.internal", Path: "/job/prod/build", Matches: true, Port: port},
				Ingress: "front", Address: "127.0.0.1", Answer: endpoints.Answer{Connect: endpoints.Connected, Status: 200},
			}
			notes := &told{}
			e := &Env{Timeout: time.Second, Notes: notes}
			if named {
				e.Request.Host = a.Host
			}
			fact.Put(e, Ingresses, IngressList{Items: []ingress.Ingress{{Name: "front", Addresses: []string{"192.0.2.1"}}}})
			fact.Put(e, Controllers, ControllerList{})
			fact.Put(e, FromIngresses, IngressAnswers{Items: []IngressAnswer{a}})
			fact.Put(e, IngressNames, []PublicName{{Name: a.Host, Addresses: []string{"127.0.0.2"}}})
			fact.Bind(e)
			here, err := IngressesFromHere.From(t.Context(), e)
			if err != nil {
				t.Fatal(err)
			}
			if item := here.Items[0]; len(item.Elsewhere) != 1 || (item.ByName.Connect != "") != named || item.Connect != "" || item.Error == "" {
				t.Errorf("%+v", item)
			}
			text := strings.Join(notes.notes, "\n")
			if !strings.Contains(text, "jenkins.corp.internal/job/prod/build at 127.0.0.1:") || strings.Contains(text, "127.0.0.2") != named {
				t.Errorf("the user is told %q", text)
			}
		})
	}
}
