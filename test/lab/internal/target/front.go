package target

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/pki"
)

// front is what a data service of Azure's answers to clients that have not signed in.
type front struct {
	dir      string
	firewall atomic.Pointer[Firewall]
	servers  []io.Closer
}

// answer answers a request of a client at the address, which the firewall allows or not.
type answer func(w http.ResponseWriter, r *http.Request, client netip.Addr, allowed bool)

func startFront(answer answer) func(context.Context, Target) (server, error) {
	return func(_ context.Context, t Target) (server, error) {
		f := &front{dir: t.directory()}
		f.firewall.Store(&t.Firewall)
		if err := os.MkdirAll(f.dir, 0o700); err != nil {
			return nil, err
		}
		if err := pki.WriteServer(f.dir, t.Hosts...); err != nil {
			return nil, err
		}
		cert, err := tls.LoadX509KeyPair(f.dir+"/server.crt", f.dir+"/server.key")
		if err != nil {
			return nil, err
		}
		config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
		s := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			client := netip.MustParseAddrPort(r.RemoteAddr).Addr()
			answer(w, r, client, f.firewall.Load().allows(client))
		})}
		web, err := tls.Listen("tcp", netip.AddrPortFrom(t.Address, 443).String(), config)
		if err != nil {
			return nil, err
		}
		go func() { _ = s.Serve(web) }()
		// brokers also listen for AMQP; nobody speaks it in the lab
		amqp, err := tls.Listen("tcp", netip.AddrPortFrom(t.Address, 5671).String(), config)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		go accept(amqp)
		f.servers = []io.Closer{s, amqp}
		return f, nil
	}
}

// accept takes connections, and ends them after the client's first bytes.
func accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			_, _ = c.Read(make([]byte, 8))
			_ = c.Close()
		}()
	}
}

func (f *front) allow(_ context.Context, firewall Firewall) error {
	f.firewall.Store(&firewall)
	return nil
}

func (f *front) close() {
	for _, s := range f.servers {
		_ = s.Close()
	}
	_ = os.RemoveAll(f.dir)
}

// bearer is how Azure asks for a token.
const bearer = `Bearer authorization="https://login.microsoftonline.com/` + layout.Tenant + `"`

// storage answers as https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes says.
func storage(w http.ResponseWriter, _ *http.Request, _ netip.Addr, allowed bool) {
	status, code, text := http.StatusUnauthorized, "NoAuthenticationInformation",
		"Server failed to authenticate the request. Please refer to the information in the www-authenticate header."
	if !allowed {
		status, code, text = http.StatusForbidden, "AuthorizationFailure", "This request is not authorized to perform this operation."
	} else {
		w.Header().Set("WWW-Authenticate", bearer)
	}
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("X-Ms-Error-Code", code)
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="utf-8"?><Error><Code>%s</Code><Message>%s</Message></Error>`, code, text)
}

// cosmos answers as https://learn.microsoft.com/azure/cosmos-db/nosql/troubleshoot-forbidden says.
func cosmos(w http.ResponseWriter, _ *http.Request, client netip.Addr, allowed bool) {
	w.Header().Set("Content-Type", "application/json")
	if allowed {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"code":"Unauthorized","message":"Required Header authorization is missing."}`)
		return
	}
	w.WriteHeader(http.StatusForbidden)
	fmt.Fprintf(w, `{"code":"Forbidden","message":"Request originated from IP %s through public internet. `+
		`This is blocked by your Cosmos DB account firewall settings."}`, client)
}

// bus answers as https://learn.microsoft.com/azure/service-bus-messaging/service-bus-troubleshooting-guide says.
func bus(w http.ResponseWriter, _ *http.Request, _ netip.Addr, allowed bool) {
	detail := "MissingToken: the authorization header was not found"
	if !allowed {
		detail = "Ip has been prevented to connect to the endpoint."
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusUnauthorized)
	fmt.Fprintf(w, "<Error><Code>401</Code><Detail>%s</Detail></Error>", detail)
}
