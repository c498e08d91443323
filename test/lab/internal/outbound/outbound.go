// Package outbound is the lab's part of the internet: the HTTPS servers that AKS nodes need to reach, on the machine
// azure.
package outbound

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httputil"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/akstools/akstools/test/lab/internal/arm"
	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/pki"
)

// Command is the hidden subcommand that serves them in a process of its own on its machine.
const Command = "outbound-serve"

// The ports: nodes connect to Port. On InspectedPort, the same content is served with a certificate of a CA that no
// node trusts, for faults to redirect connections to.
const (
	Port          = "443"
	InspectedPort = "8443"
)

// Serve serves them until ctx is done.
func Serve(ctx context.Context) error {
	servers, ctx := errgroup.WithContext(ctx)
	for _, s := range []struct{ port, certificate string }{{Port, pki.Outbound}, {InspectedPort, pki.InspectedOutbound}} {
		servers.Go(func() error { return serve(ctx, s.port, s.certificate) })
	}
	return servers.Wait()
}

func serve(ctx context.Context, port, certificate string) error {
	cert, err := tls.LoadX509KeyPair(layout.PKI(certificate+".crt"), layout.PKI(certificate+".key"))
	if err != nil {
		return err
	}
	s := &http.Server{
		Addr: net.JoinHostPort(layout.AzureIP, port), ReadHeaderTimeout: 10 * time.Second,
		Handler:   http.HandlerFunc(answer),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12},
	}
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	return s.ListenAndServeTLS("", "")
}

// azure are the names that Azure Resource Manager answers itself, where the lab runs it.
var azure = []string{"management.azure.com", "login.microsoftonline.com"}

// answer answers with no content, or forwards a request to Azure Resource Manager.
func answer(w http.ResponseWriter, r *http.Request) {
	if !slices.Contains(azure, r.Host) || !arm.Runs() {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	forward := httputil.ReverseProxy{
		Transport: arm.Transport(),
		Rewrite:   func(p *httputil.ProxyRequest) { p.Out.URL.Scheme, p.Out.URL.Host, p.Out.Host = "http", r.Host, r.Host },
	}
	forward.ServeHTTP(w, r)
}
