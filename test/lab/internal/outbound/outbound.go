// Package outbound is the lab's part of the internet: the HTTPS servers that AKS nodes need to reach, on the machine
// azure.
package outbound

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

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
		Handler:   http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12},
	}
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	return s.ListenAndServeTLS("", "")
}
