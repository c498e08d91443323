package target

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/netip"

	"github.com/akstools/akstools/test/lab/internal/arm"
)

// startVault starts a key vault, whose secrets are resources below it. Resource Manager decides who may read one.
func startVault(ctx context.Context, t Target) (server, error) {
	relay := &httputil.ReverseProxy{Transport: arm.Control(), Rewrite: func(p *httputil.ProxyRequest) {
		p.Out.URL.Scheme, p.Out.URL.Host, p.Out.URL.Path = "http", "control", "/vault"+t.ID+p.In.URL.Path
	}}
	return startFront(func(w http.ResponseWriter, r *http.Request, client netip.Addr, allowed bool) {
		w.Header().Set("X-Ms-Keyvault-Network-Info", fmt.Sprintf("conn_type=Ipv4;addr=%s;act_addr_fam=InterNetwork;", client))
		switch {
		case r.URL.Path == "/healthstatus":
		case r.Header.Get("Authorization") == "": // a vault looks at its firewall only after the sign-in
			w.Header().Set("WWW-Authenticate", bearer+`, resource="https://vault.azure.net"`)
			w.WriteHeader(http.StatusUnauthorized)
		default:
			r.Header.Set("X-Lab-Client", client.String())
			r.Header.Del("X-Lab-Refused")
			if !allowed {
				r.Header.Set("X-Lab-Refused", "true")
			}
			relay.ServeHTTP(w, r)
		}
	})(ctx, t)
}
