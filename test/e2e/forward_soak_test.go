package e2e

import (
	"fmt"
	"io"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestSoakForwardIdle: while a forwarded connection is idle, no connection to the API server is silent for long enough
// for a load balancer to cut it (4 minutes on Azure): each transfers bytes within 40 seconds.
func TestSoakForwardIdle(t *testing.T) {
	l := soak(t)
	isolate(t, l)
	windowsNode(t, l)
	l.echo(t, node0, "7010")
	for what, args := range map[string][]string{
		"by port-forward":        {node0, ":7010"},
		"by exec, through a hop": {windows, ":3389"}, // the lab has an echo server there
	} {
		t.Run(what, func(t *testing.T) {
			addrs, stderr := forwarding(t, l, args...)
			if err := echoed(addrs[0], []byte("closed by its user")); err != nil {
				t.Fatalf("%v: %s", err, stderr)
			}
			c, err := net.Dial("tcp", addrs[0])
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(2 * time.Minute))
			answered := func(word string) {
				t.Helper()
				if _, err := io.WriteString(c, word); err != nil {
					t.Fatal(err)
				}
				got := make([]byte, len(word))
				if _, err := io.ReadFull(c, got); err != nil || string(got) != word {
					t.Fatalf("%q came back for %q (%v)", got, word, err)
				}
			}
			answered("before")
			time.Sleep(15 * time.Second) // skip the traffic of the start, and of the closed connection
			var before map[string]string
			l.eventually(t, 20*time.Second, func() error { // the connections for requests, for keeping the pod, and for forwarding
				if before = moved(t); len(before) < 3 {
					return fmt.Errorf("connections of the program: %v", before)
				}
				return nil
			})
			time.Sleep(40 * time.Second)
			after := moved(t)
			for connection, bytes := range before {
				if now, there := after[connection]; !there || now == bytes {
					t.Errorf("%s was silent, at %q", connection, bytes)
				}
			}
			t.Logf("before: %v, after: %v", before, after)
			answered("after")
			if strings.Contains(stderr.String(), "reset") {
				t.Errorf("a connection that its user closed is told of: %s", stderr)
			}
		})
	}
}

var (
	ofOurs     = regexp.MustCompile(`(?m)^\d+ +\d+ +(\S+ +\S+:\d+) .*"kubectl-aksnode".*\n(.*)$`)
	movedBytes = regexp.MustCompile(`bytes_(?:sent|received):\d+`)
)

// moved returns the number of bytes that each connection of kubectl-aksnode to the API server has transferred.
func moved(t *testing.T) map[string]string {
	t.Helper()
	out, err := exec.Command("ss", "-tinpH", "state", "established", "dport", "=", ":16443").Output()
	if err != nil {
		t.Fatal(err)
	}
	connections := map[string]string{}
	for _, match := range ofOurs.FindAllStringSubmatch(string(out), -1) {
		connections[match[1]] = strings.Join(movedBytes.FindAllString(match[2], -1), " ")
	}
	return connections
}
