package greeting

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// speak exchanges with a server that f plays.
func speak(t *testing.T, s Service, f func(net.Conn)) Answer {
	t.Helper()
	here, there := net.Pipe()
	t.Cleanup(func() { _ = here.Close() })
	go func() {
		defer there.Close()
		f(there)
	}()
	a, err := Exchange(t.Context(), here, s, "example.com", 2*time.Second)
	if err != nil {
		t.Error(err)
	}
	return a
}

// secured returns a server that begins with TLS; the certificate is for example.com.
func secured(t *testing.T, f func(net.Conn)) func(net.Conn) {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	t.Cleanup(server.Close)
	return func(conn net.Conn) { f(tls.Server(conn, server.TLS)) }
}

// pgServer takes TLS, reads the start of a session, and answers.
func pgServer(t *testing.T, answer string) func(net.Conn) {
	inner := secured(t, func(conn net.Conn) {
		size := make([]byte, 4)
		if _, err := io.ReadFull(conn, size); err != nil {
			return
		}
		_, _ = io.ReadFull(conn, make([]byte, int(size[3])-4))
		_, _ = io.WriteString(conn, answer)
	})
	return func(conn net.Conn) {
		_, _ = io.ReadFull(conn, make([]byte, 8))
		_, _ = io.WriteString(conn, "S")
		inner(conn)
	}
}

// pgError returns an error in PostgreSQL's protocol.
func pgError(code, message string) string {
	fields := "SFATAL\x00C" + code + "\x00M" + message + "\x00\x00"
	return "E\x00\x00\x00" + string(rune(4+len(fields))) + fields
}

func mysqlServer(payload string) func(net.Conn) {
	return func(conn net.Conn) { _, _ = io.WriteString(conn, string([]byte{byte(len(payload)), 0, 0, 0})+payload) }
}

func redisServer(t *testing.T, answer string) func(net.Conn) {
	return secured(t, func(conn net.Conn) {
		_, _ = bufio.NewReader(conn).ReadString('\n')
		_, _ = io.WriteString(conn, answer)
	})
}

func webServer(t *testing.T, status int, head, body string) func(net.Conn) {
	return secured(t, func(conn net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
			return
		}
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 %d Status\r\n%sContent-Length: %d\r\n\r\n%s", status, head, len(body), body)
	})
}

func TestExchange(t *testing.T) {
	const noHBA = `no pg_hba.conf entry for host "203.0.113.9", user "connectordoctor", database "postgres", SSL encryption`
	cutOff := Answer{Admission: Foreign, Says: "its answer cannot be read: unexpected EOF"}
	silent := func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }
	for name, c := range map[string]struct {
		service Service
		server  func(net.Conn)
		want    Answer
	}{
		"PostgreSQL asks for a password": {PostgreSQL, pgServer(t, "R\x00\x00\x00\x08\x00\x00\x00\x03"), Answer{Admission: Admitted}},
		"PostgreSQL has no rule": {
			PostgreSQL, pgServer(t, pgError("28000", noHBA)), Answer{Admission: Refused, Client: "203.0.113.9", Says: noHBA},
		},
		"PostgreSQL starts": {
			PostgreSQL, pgServer(t, pgError("57P03", "the database system is starting up")),
			Answer{Admission: Unclear, Says: "the database system is starting up"},
		},
		"PostgreSQL without TLS": {
			PostgreSQL, func(conn net.Conn) {
				_, _ = io.ReadFull(conn, make([]byte, 8))
				_, _ = io.WriteString(conn, "N")
			}, Answer{Admission: Foreign, Says: "the server takes no TLS"},
		},
		"PostgreSQL's port is silent": {PostgreSQL, silent, Answer{Admission: Silent}},
		"PostgreSQL's port is closed": {PostgreSQL, func(net.Conn) {}, Answer{Admission: Closed}},
		"another program on PostgreSQL's port": {
			PostgreSQL, func(conn net.Conn) {
				_, _ = io.ReadFull(conn, make([]byte, 8))
				_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n")
			}, Answer{Admission: Foreign, Says: "the server does not speak PostgreSQL's protocol"},
		},
		"MySQL greets": {MySQL, mysqlServer("\x0a8.0.39-azure\x00"), Answer{Admission: Admitted}},
		"MySQL does not allow the host": {
			MySQL, mysqlServer("\xff\x6a\x04Host '203.0.113.9' is not allowed to connect to this MariaDB server"), Answer{
				Admission: Refused, Client: "203.0.113.9", Says: "Host '203.0.113.9' is not allowed to connect to this MariaDB server",
			},
		},
		"Azure's MySQL does not allow the client": {
			MySQL, mysqlServer("\xff\x28\x23#HY000Client with IP address '203.0.113.9' is not allowed to connect to this MySQL server."), Answer{
				Admission: Refused, Client: "203.0.113.9",
				Says: "Client with IP address '203.0.113.9' is not allowed to connect to this MySQL server.",
			},
		},
		"MySQL has too many connections": {
			MySQL, mysqlServer("\xff\x10\x04#08004Too many connections"), Answer{Admission: Unclear, Says: "Too many connections"},
		},
		"an empty packet":           {MySQL, mysqlServer(""), Answer{Admission: Foreign, Says: "the server does not speak MySQL's protocol"}},
		"Redis asks for a password": {Redis, redisServer(t, "-NOAUTH Authentication required.\r\n"), Answer{Admission: Admitted}},
		"Redis answers":             {Redis, redisServer(t, "+PONG\r\n"), Answer{Admission: Admitted}},
		"Redis loads":               {Redis, redisServer(t, "-LOADING data\r\n"), Answer{Admission: Unclear, Says: "LOADING data"}},
		"no TLS on Redis' port": {
			Redis, func(conn net.Conn) {
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = io.WriteString(conn, "-ERR unknown command, and more of that\r\n")
			},
			Answer{Admission: Foreign, Says: "the server does not speak TLS"},
		},
		"a storage account": {Storage, webServer(t, 401, "X-Ms-Error-Code: NoAuthenticationInformation\r\n", ""), Answer{Admission: Admitted}},
		"a storage account without anonymous access": {
			Storage, webServer(t, 409, "X-Ms-Error-Code: PublicAccessNotPermitted\r\n", ""), Answer{Admission: Admitted},
		},
		"a storage account's firewall": {
			Storage, webServer(t, 403, "X-Ms-Error-Code: AuthorizationFailure\r\n", ""), Answer{Admission: Refused, Says: "HTTP status 403"},
		},
		"a key vault": {
			Vault, webServer(t, 200, "X-Ms-Keyvault-Network-Info: conn_type=Ipv4;addr=203.0.113.9;act_addr_fam=InterNetwork;\r\n", ""),
			Answer{Admission: Unclear, Client: "203.0.113.9"},
		},
		"Cosmos DB": {Cosmos, webServer(t, 401, "", "Required Header authorization is missing."), Answer{Admission: Admitted}},
		"Cosmos DB's firewall": {
			Cosmos, webServer(t, 403, "", "Request originated from IP 203.0.113.9 through public internet. This is blocked by your Cosmos DB "+
				"account firewall settings."), Answer{Admission: Refused, Client: "203.0.113.9", Says: "HTTP status 403"},
		},
		"Service Bus' firewall": {
			Bus, webServer(t, 401, "", "<Error><Code>401</Code><Detail>Ip has been prevented to connect to the endpoint.</Detail></Error>"),
			Answer{Admission: Refused, Says: "HTTP status 401"},
		},
		"Service Bus":    {Bus, webServer(t, 401, "", "<Error><Detail>MissingToken</Detail></Error>"), Answer{Admission: Admitted}},
		"OpenAI":         {AI, webServer(t, 401, "", ""), Answer{Admission: Admitted}},
		"no such page":   {Web, webServer(t, 404, "", ""), Answer{Admission: Admitted}},
		"a proxy's page": {Cosmos, webServer(t, 302, "Location: /\r\n", ""), Answer{Admission: Unclear, Says: "HTTP status 302"}},
		"a firewall's": {
			Storage, webServer(t, 470, "", "Action: Deny."), Answer{Admission: Unclear, Says: "HTTP status 470"},
		},
		"not a vault":       {Vault, webServer(t, 200, "", "It works!"), Answer{Admission: Unclear, Says: "HTTP status 200"}},
		"closed after TLS":  {Web, secured(t, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 4096)) }), Answer{Admission: Closed}},
		"an answer cut off": {MySQL, func(conn net.Conn) { _, _ = io.WriteString(conn, "\x20\x00\x00\x00\x0a") }, cutOff},
		"an alert": {
			Web, func(conn net.Conn) {
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = io.WriteString(conn, "\x15\x03\x03\x00\x02\x02\x50")
			}, Answer{Admission: Foreign, Says: "its answer cannot be read: remote error: tls: internal error"},
		},
		"forbidden":       {Web, webServer(t, 403, "", ""), Answer{Admission: Unclear, Says: "HTTP status 403"}},
		"another server":  {Web, webServer(t, 503, "", ""), Answer{Admission: Unclear, Says: "HTTP status 503"}},
		"SQL Server":      {SQLServer, silent, Answer{Admission: Unclear}},
		"not HTTP inside": {Web, redisServer(t, "+PONG and so on\r\n"), Answer{Admission: Foreign, Says: "the server does not speak HTTP"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := speak(t, c.service, c.server)
			if diff := cmp.Diff(c.want, got, cmpopts.IgnoreFields(Answer{}, "Certificate")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCertificate: what TLS shows is kept, and whether it is for the name.
func TestCertificate(t *testing.T) {
	a := speak(t, Web, webServer(t, 200, "", ""))
	if a.Certificate == nil || !a.Certificate.Matches {
		t.Errorf("the certificate is %+v", a.Certificate)
	}
}

func TestServiceAt(t *testing.T) {
	for at, want := range map[string]Service{
		"shop.postgres.database.azure.com:5432": PostgreSQL, "shop.mysql.database.azure.com:3306": MySQL,
		"shop.database.windows.net:1433":    SQLServer,
		"shop.redis.cache.windows.net:6380": Redis, "shop.eastus.redis.azure.net:10000": Redis, "shop.blob.core.windows.net:443": Storage,
		"shop.queue.core.chinacloudapi.cn:443": Storage, "SHOP.vault.azure.net:443": Vault, "shop.documents.azure.com:443": Cosmos,
		"shop.servicebus.windows.net:443": Bus, "shop.servicebus.windows.net:5671": Unknown, "shop.openai.azure.com:443": AI,
		"shop.azconfig.io:443": Web, "blob.example.com:443": Web, "localhost:443": Web,
	} {
		host, port, err := net.SplitHostPort(at)
		if err != nil {
			t.Fatal(err)
		}
		var number int32
		if _, err := fmt.Sscan(port, &number); err != nil {
			t.Fatal(err)
		}
		if got := ServiceAt(host, number); got != want {
			t.Errorf("%s: %s, want %s", at, got, want)
		}
	}
}

// TestExchangeOfALostConnection: if the way there is lost, or nobody waits any more, nothing is said of the service.
func TestExchangeOfALostConnection(t *testing.T) {
	lost := errors.New("the relay was lost")
	if a, err := Exchange(t.Context(), broken{lost}, PostgreSQL, "example.com", time.Second); !errors.Is(err, lost) {
		t.Errorf("%+v, %v", a, err)
	}
	here, _ := net.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if a, err := Exchange(ctx, here, MySQL, "example.com", time.Minute); !errors.Is(err, context.Canceled) {
		t.Errorf("%+v, %v", a, err)
	}
}

// broken is a connection that fails.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error)         { return 0, b.err }
func (b broken) Write([]byte) (int, error)        { return 0, b.err }
func (b broken) Close() error                     { return nil }
func (b broken) LocalAddr() net.Addr              { return nil }
func (b broken) RemoteAddr() net.Addr             { return nil }
func (b broken) SetDeadline(time.Time) error      { return nil }
func (b broken) SetReadDeadline(time.Time) error  { return nil }
func (b broken) SetWriteDeadline(time.Time) error { return nil }

// FuzzAnswers holds that nothing that a service answers makes its reader panic or keeps control characters.
func FuzzAnswers(f *testing.F) {
	f.Add("SFATAL\x00C28000\x00Mno pg_hba.conf entry for host \"x\"\x00\x00", uint8(0), 200)
	f.Add("\x06\x00\x00\x00\xff\x6a\x04Host", uint8(1), 401)
	f.Add("Request originated from IP x. This is blocked by your Cosmos DB account firewall settings.", uint8(2), 403)
	f.Fuzz(func(t *testing.T, text string, which uint8, status int) {
		var a Answer
		switch which % 3 {
		case 0:
			a.postgresError([]byte(text))
		case 1:
			here, there := net.Pipe()
			go func() {
				_, _ = io.WriteString(there, text)
				_ = there.Close()
			}()
			a, _ = Exchange(t.Context(), here, MySQL, "example.com", time.Second)
			_ = here.Close()
		default:
			for _, s := range []Service{Storage, Vault, Cosmos, Bus, AI, Web} {
				a.judge(s, status, http.Header{"X-Ms-Error-Code": {text}, "X-Ms-Keyvault-Network-Info": {text}}, text)
			}
		}
		for _, r := range a.Says + a.Client {
			if r < ' ' {
				t.Fatalf("%q %q", a.Says, a.Client)
			}
		}
	})
}
