package facts

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/redact"
)

// API is the API server as this client reaches it.
type API struct {
	Server  string `json:"server"`
	Version string `json:"version,omitempty"`
	Error   string `json:"error,omitempty"` // why it was not reached
}

// versionTimeout limits the request for the API server's version.
const versionTimeout = 10 * time.Second

// loginTimeout applies instead if a program fetches the credentials: it may prompt the user.
const loginTimeout = 2 * time.Minute

// APIServer reports whether this client reaches the API server. If it does not, that is a value, not an error.
var APIServer = &Fact[API]{
	Name: "api-server",
	Gather: func(ctx context.Context, e *Env) (API, []check.Evidence, error) {
		seen := []check.Evidence{{Source: cmdline.Kubectl("version")}}
		api := API{Server: e.Clients.Config.Host}
		limit := versionTimeout
		if e.Clients.Config.ExecProvider != nil {
			limit = loginTimeout
		}
		ctx, cancel := context.WithTimeout(ctx, limit)
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
				api.Error = redact.Message(err.Error())
				return
			}
			api.Version = version.GitVersion
		}()
		select {
		case <-done:
			return api, seen, nil
		case <-ctx.Done():
			return API{Server: api.Server, Error: "no answer within " + limit.String()}, seen, nil
		}
	},
}
