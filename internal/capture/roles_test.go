package capture

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"
)

// roleVariable is in the environment of this test's binary where it plays a role in a network namespace.
const roleVariable = "AKSTOOLS_CAPTURE_ROLE"

// canary stands in each request and response.
const canary = "CANARY-51c0ffee"

// roles are servers on port 8080, and clients.
var roles = map[string]func(args []string) error{
	"packets": func([]string) error { return sendPackets() },
	"stream": func(args []string) error { // ADDRESS; prints how many datagrams it sent
		sent, err := stream(args[0])
		fmt.Println(sent)
		return err
	},
	"http": func(args []string) error { // STATUS WAIT BYTES
		status, _ := strconv.Atoi(args[0])
		wait, _ := time.ParseDuration(args[1])
		size, _ := strconv.Atoi(args[2])
		return http.ListenAndServe(":8080", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			time.Sleep(wait)
			w.Header().Set("X-Canary", canary)
			w.WriteHeader(status)
			_, _ = w.Write(bytes.Repeat([]byte(canary), size/len(canary)+1))
		}))
	},
	"https": func([]string) error {
		l, err := tls.Listen("tcp", ":8080", &tls.Config{Certificates: []tls.Certificate{certificate()}, MinVersion: tls.VersionTLS13})
		if err != nil {
			return err
		}
		return http.Serve(l, http.NotFoundHandler())
	},
	"reset": func([]string) error { // resets connections once there is a request
		return accept(func(c *net.TCPConn) {
			_, _ = c.Read(make([]byte, 100))
			_ = c.SetLinger(0)
			_ = c.Close()
		})
	},
	"mute": func([]string) error { return accept(func(*net.TCPConn) { time.Sleep(time.Minute) }) },
	"sink": func([]string) error { // UDP
		if _, err := net.ListenPacket("udp", "10.91.2.2:8080"); err != nil {
			return err
		}
		time.Sleep(time.Minute)
		return nil
	},
	"echo": func([]string) error { // UDP
		c, err := net.ListenPacket("udp", "10.91.2.2:8080")
		if err != nil {
			return err
		}
		for b := make([]byte, 2000); ; {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return err
			}
			_, _ = c.WriteTo(b[:n], from)
		}
	},
	"get": func(args []string) error { return request(args[0], http.MethodGet, "") }, // URL
	"post": func(args []string) error { // URL BYTES
		size, _ := strconv.Atoi(args[1])
		return request(args[0], http.MethodPost, string(bytes.Repeat([]byte(canary), size/len(canary)+1)))
	},
	"tls": func(args []string) error { // ADDRESS MAXIMUM, such as 3 for TLS 1.2
		version, _ := strconv.Atoi(args[1])
		c, err := tls.DialWithDialer(&net.Dialer{Timeout: 3 * time.Second}, "tcp", args[0],
			&tls.Config{InsecureSkipVerify: true, MaxVersion: 0x300 + uint16(version)}) //nolint:gosec
		if err == nil {
			_ = c.Close()
		}
		return err
	},
	"datagram": func(args []string) error { // ADDRESS
		c, err := net.Dial("udp", args[0])
		if err != nil {
			return err
		}
		_, _ = c.Write([]byte(canary))
		_ = c.SetDeadline(time.Now().Add(1500 * time.Millisecond))
		_, err = c.Read(make([]byte, 2000))
		return err
	},
}

func request(url, method, body string) error {
	client := &http.Client{Timeout: 4 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := http.NewRequest(method, url, bytes.NewBufferString(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", canary)
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

func accept(serve func(*net.TCPConn)) error {
	l, err := net.Listen("tcp", ":8080")
	if err != nil {
		return err
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go serve(c.(*net.TCPConn))
	}
}

func certificate() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		log.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		if err := roles[role](os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	_ = flag.Set("test.parallel", "8") // they wait most of the time
	os.Exit(m.Run())
}
