package firewall

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const testPorts = "10250,80"

// dialer is a process in a namespace that listens, and connects on request.
type dialer struct {
	sync.Mutex
	in      io.Writer
	waiting map[int]chan string
	last    int
}

type dialRequest struct {
	ID              int
	Source, Address string
	Timeout         time.Duration
	Result          string
}

func startDialer(t *testing.T, ns string) *dialer {
	t.Helper()
	cmd := exec.Command("ip", "netns", "exec", ns, os.Args[0])
	cmd.Env = append(os.Environ(), "FWTEST_DIALER=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	d := &dialer{in: in, waiting: map[int]chan string{}}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the dialer did not start")
	}
	go func() {
		for lines.Scan() {
			var r dialRequest
			if json.Unmarshal(lines.Bytes(), &r) == nil {
				d.Lock()
				d.waiting[r.ID] <- r.Result
				d.Unlock()
			}
		}
	}()
	return d
}

func (d *dialer) dial(p Packet, timeout time.Duration) string {
	d.Lock()
	d.last++
	c := make(chan string, 1)
	d.waiting[d.last] = c
	request, _ := json.Marshal(dialRequest{d.last, p.Source.String(), netip.AddrPortFrom(p.Destination, p.Port).String(), timeout, ""})
	_, _ = d.in.Write(append(request, '\n'))
	d.Unlock()
	return <-c
}

func TestMain(m *testing.M) {
	if os.Getenv("FWTEST_DIALER") == "" {
		os.Exit(m.Run())
	}
	for port := range strings.SplitSeq(testPorts, ",") {
		if _, err := net.Listen("tcp", ":"+port); err != nil {
			panic(err)
		}
	}
	fmt.Println("ready")
	var out sync.Mutex
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var r dialRequest
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			panic(err)
		}
		go func() {
			r.Result = dialOnce(r)
			line, _ := json.Marshal(r)
			out.Lock()
			fmt.Println(string(line))
			out.Unlock()
		}()
	}
}

func dialOnce(r dialRequest) string {
	d := net.Dialer{Timeout: r.Timeout, LocalAddr: &net.TCPAddr{IP: net.ParseIP(r.Source)}}
	c, err := d.Dial("tcp", r.Address)
	var timeout net.Error
	switch {
	case errors.Is(err, syscall.ECONNRESET): // a rejected SYN gives "refused"; a reset comes after the handshake
		return "connected"
	case err == nil:
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
		return "connected"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.Is(err, syscall.EPERM): // a drop in an output chain
		return "timeout"
	}
	return err.Error()
}
