// Command app is the lab's test application: it answers HTTP, HTTPS, TCP, UDP and admission reviews, and misbehaves on request.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"flag"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

type options struct {
	bind                       string
	http, https, udp           int
	echo, sink, bye, reset     int
	status                     int
	delay, startDelay, crashIn time.Duration
	hang                       bool
	certHost                   string
	eat                        int
	misbehave                  string
	certExpired                bool
	webhookPort                int
	webhook                    webhook
}

// canary is the variable whose value must not appear in any output of a doctor. It stands for a secret that the app
// leaks in its log and headers.
const canary = "CANARY"

func main() {
	log.SetFlags(log.Lmicroseconds)
	var o options
	flag.StringVar(&o.bind, "bind", "0.0.0.0", "address to listen on")
	flag.IntVar(&o.http, "http", 0, "port for HTTP: / , /bytes?n=N (N zero bytes), /count (answers with the length of the body)")
	flag.IntVar(&o.https, "https", 0, "port for the same over TLS, with a self-signed certificate")
	flag.IntVar(&o.udp, "udp", 0, "port for UDP: sends each datagram back")
	flag.IntVar(&o.echo, "tcp", 0, "port for TCP: sends back what it reads")
	flag.IntVar(&o.sink, "tcp-sink", 0, "port for TCP: reads to the end, then answers with the number of bytes")
	flag.IntVar(&o.bye, "tcp-bye", 0, "port for TCP: says bye and closes at once")
	flag.IntVar(&o.reset, "tcp-reset", 0, "port for TCP: reads one byte, then resets the connection")
	flag.IntVar(&o.status, "status", http.StatusOK, "HTTP status of /")
	flag.DurationVar(&o.delay, "delay", 0, "wait before each HTTP answer")
	flag.DurationVar(&o.startDelay, "start-delay", 0, "wait before listening")
	flag.DurationVar(&o.crashIn, "crash-in", 0, "exit with 3 after this time")
	flag.BoolVar(&o.hang, "hang", false, "accept connections and never answer")
	flag.StringVar(&o.certHost, "cert-host", "localhost", "host name in the certificate")
	flag.BoolVar(&o.certExpired, "cert-expired", false, "let the certificate have expired yesterday")
	flag.IntVar(&o.eat, "eat", 0, "take so many MiB of memory")
	flag.StringVar(&o.misbehave, "misbehave", "", "answer HTTP as no server should: endless-header, endless-body or escapes")
	flag.IntVar(&o.webhookPort, "webhook", 0, "port for an admission webhook over TLS that allows everything")
	flag.StringVar(&o.webhook.cert, "webhook-cert", "",
		"file with the webhook's certificate; otherwise a self-signed one for -cert-host is logged")
	flag.StringVar(&o.webhook.key, "webhook-key", "", "file with its key")
	flag.DurationVar(&o.webhook.delay, "webhook-delay", 0, "wait before each answer of the webhook")
	objects := flag.String("apply", "", "write the Secrets and ServiceAccounts in this file, a JSON list, to the cluster, and exit")
	flag.Parse()
	if *objects != "" {
		if err := apply(*objects); err != nil {
			log.Fatal(err)
		}
		return
	}
	o.webhook.certHost = o.certHost

	log.Printf("starting with token=%s", os.Getenv(canary))
	memory := make([]byte, o.eat<<20)
	for i := range memory {
		memory[i] = 1
	}
	time.Sleep(o.startDelay)
	for _, s := range []struct {
		port  int
		serve func(net.Listener) error
	}{
		{o.http, o.serveHTTP},
		{o.https, o.serveHTTPS},
		{o.webhookPort, o.webhook.serve},
		{o.echo, o.each(func(c *net.TCPConn) { _, _ = io.Copy(c, c) })},
		{o.sink, o.each(func(c *net.TCPConn) {
			n, _ := io.Copy(io.Discard, c)
			fmt.Fprintf(c, "%d\n", n)
		})},
		{o.bye, o.each(func(c *net.TCPConn) { fmt.Fprint(c, "bye\n") })},
		{o.reset, o.each(func(c *net.TCPConn) {
			_, _ = c.Read(make([]byte, 1))
			_ = c.SetLinger(0)
		})},
	} {
		if s.port == 0 {
			continue
		}
		l, err := net.Listen("tcp", net.JoinHostPort(o.bind, strconv.Itoa(s.port)))
		if err != nil {
			log.Fatal(err)
		}
		go func() { log.Fatal(s.serve(l)) }()
	}
	if o.udp != 0 {
		go o.serveUDP()
	}
	log.Print("ready")
	if o.crashIn > 0 {
		time.Sleep(o.crashIn)
		log.Printf("crashing, as asked; password=%s \x1b[31mred\x1b[0m", os.Getenv(canary))
		os.Exit(3)
	}
	select {}
}

func (o options) each(handle func(*net.TCPConn)) func(net.Listener) error {
	return func(l net.Listener) error {
		for {
			c, err := l.Accept()
			if err != nil {
				return err
			}
			go func() {
				defer c.Close()
				if o.hang {
					select {}
				}
				handle(c.(*net.TCPConn))
			}()
		}
	}
}

func (o options) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(o.status)
		fmt.Fprintf(w, "%s %s %s\n", r.Proto, r.Method, r.URL.Path)
	})
	mux.HandleFunc("/bytes", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.ParseInt(r.URL.Query().Get("n"), 10, 64)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_, _ = io.CopyN(w, zeros{}, n)
	})
	mux.HandleFunc("/count", func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprintln(w, n)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o.hang {
			<-r.Context().Done()
			return
		}
		time.Sleep(o.delay)
		w.Header().Set("Set-Cookie", "session="+os.Getenv(canary))
		if o.misbehave != "" {
			o.misbehaveOn(w)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// misbehaveOn answers on the raw connection.
func (o options) misbehaveOn(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	switch o.misbehave {
	case "endless-header":
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
		for err == nil {
			_, err = io.WriteString(conn, "X-More: "+os.Getenv(canary)+"\r\n")
		}
	case "endless-body":
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
		_, _ = io.CopyN(conn, zeros{}, 1<<30)
	case "escapes":
		_, _ = io.WriteString(conn, "HTTP/1.1 500 \x1b[2J\x1b]0;owned\x07\r\nServer: \x1b[31m\r\nContent-Length: 0\r\n\r\n")
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func (o options) serveHTTP(l net.Listener) error { return http.Serve(l, o.handler()) }

func (o options) serveHTTPS(l net.Listener) error {
	until := time.Now().AddDate(1, 0, 0)
	if o.certExpired {
		until = time.Now().AddDate(0, 0, -1)
	}
	cert, err := selfSigned(o.certHost, until)
	if err != nil {
		return err
	}
	s := &http.Server{Handler: o.handler(), TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}}}
	return s.ServeTLS(l, "", "")
}

func selfSigned(host string, until time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: until.AddDate(-1, 0, 0), NotAfter: until,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

func (o options) serveUDP() {
	c, err := net.ListenPacket("udp", net.JoinHostPort(o.bind, strconv.Itoa(o.udp)))
	if err != nil {
		log.Fatal(err)
	}
	buf := make([]byte, 64<<10)
	for {
		n, from, err := c.ReadFrom(buf)
		if err != nil {
			log.Fatal(err)
		}
		if !o.hang {
			_, _ = c.WriteTo(buf[:n], from)
		}
	}
}
