package facts

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/url"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/redact"
)

// API is the API server as this client reaches it.
type API struct {
	Server  string `json:"server"`
	Version string `json:"version,omitempty"`
	Error   string `json:"error,omitempty"` // why it was not reached
	// NoName reports that its name does not exist, and TimedOut that a TCP connection to it gets no answer; neither: it fails in another
	// way.
	NoName   bool `json:"noName,omitempty"`
	TimedOut bool `json:"timedOut,omitempty"`
}

// versionTimeout limits the request for the API server's version.
const versionTimeout = 10 * time.Second

// loginTimeout applies instead if a program fetches the credentials: it may prompt the user.
const loginTimeout = 2 * time.Minute

// APIServer reports whether this client reaches the API server. If it does not, that is a value, not an error.
var APIServer = &Fact[API]{
	Name:    "api-server",
	Timeout: loginTimeout + connectTimeout + time.Second,
	Gather: func(ctx context.Context, e *Env) (API, []check.Evidence, error) {
		seen := []check.Evidence{{Source: cmdline.Kubectl("version")}}
		api := API{Server: e.Clients.Config.Host}
		limit := versionTimeout
		if e.Clients.Config.ExecProvider != nil {
			limit = loginTimeout
		}
		inTime, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		done := make(chan struct{})
		go func() { // ServerVersion takes no context
			defer close(done)
			version, err := e.Clients.Discovery().ServerVersion()
			var status apierrors.APIStatus
			if errors.As(err, &status) && status.Status().Code > 0 && status.Status().Code < 500 {
				return // it answered
			}
			if err != nil {
				api.fail(err)
				return
			}
			api.Version = version.GitVersion
		}()
		var found API
		select {
		case <-done:
			found = api
		case <-inTime.Done(): // the goroutine may still write to api
			found = API{Server: e.Clients.Config.Host, Error: "no answer within " + limit.String()}
		}
		if found.Error != "" && !found.NoName {
			found.TimedOut = connectionTimesOut(ctx, e.Clients.Config)
		}
		return found, seen, nil
	},
}

// connectTimeout limits a TCP connection to the API server.
const connectTimeout = 4 * time.Second

// connectionTimesOut reports whether a TCP connection to the API server gets no answer. A request may also time out later, such as while a
// program waits for the user to sign in.
func connectionTimesOut(ctx context.Context, config *rest.Config) bool {
	u, err := url.Parse(config.Host)
	if err != nil || byProxy(config) {
		return false
	}
	conn, err := (&net.Dialer{Timeout: connectTimeout}).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "443")))
	if err == nil {
		_ = conn.Close()
		return false
	}
	var failed net.Error
	return errors.As(err, &failed) && failed.Timeout()
}

// fail notes why the API server was not reached.
func (a *API) fail(err error) {
	a.Error = redact.Message(err.Error())
	var name *net.DNSError
	a.NoName = errors.As(err, &name) && name.IsNotFound
}
