package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// everySecond is a server on port $ARGV[0] of the loopback interface that resets each second connection, and echoes a line on the others.
const everySecond = `use Socket; use IO::Socket::INET;
my $s = IO::Socket::INET->new(Listen => 64, LocalAddr => "127.0.0.1", LocalPort => $ARGV[0], ReuseAddr => 1) or die "$!";
my $n = 0;
while (my $c = $s->accept) {
  if (++$n % 2 == 0) { setsockopt($c, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0)); close $c; next }
  my $line = <$c>; print $c $line; close $c
}`

// TestForwardServerResets: connections that the server on the node resets end, and harm neither the others nor the listener.
func TestForwardServerResets(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	const port = "7012"
	ctx, cancel := context.WithCancel(context.Background())
	server := l.command(ctx, "lab", "exec", node1, "--", "perl", "-e", everySecond, port)
	if err := server.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = server.Wait()
		_ = l.run(t, "", "lab", "exec", node1, "--", "pkill", "-f", "perl -e use Socket")
	})
	l.eventually(t, 10*time.Second, func() error {
		if l.on(t, node1, "ss", "-Htln", "sport", "=", ":"+port) == "" {
			return fmt.Errorf("the server does not listen")
		}
		return nil
	})
	addrs, stderr := forwarding(t, l, node1, ":"+port)
	var served, ended atomic.Int64
	talk := func() {
		c, err := net.DialTimeout("tcp", addrs[0], 10*time.Second)
		if err != nil {
			t.Errorf("the listener: %v", err)
			return
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(40 * time.Second))
		_, _ = io.WriteString(c, "hello\n")
		b, err := io.ReadAll(c)
		switch {
		case string(b) == "hello\n":
			served.Add(1)
		case errors.Is(err, os.ErrDeadlineExceeded):
			t.Errorf("a connection hangs: %v", err)
		default:
			ended.Add(1)
		}
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 5 {
				talk()
			}
		})
	}
	wg.Wait()
	if s, e := served.Load(), ended.Load(); s+e != 40 || s < 15 || e < 15 {
		t.Errorf("%d were served, %d ended otherwise: %s", s, e, stderr)
	}
	before := served.Load()
	talk()
	talk()
	if served.Load() != before+1 {
		t.Errorf("of two more connections, %d were served: %s", served.Load()-before, stderr)
	}
}
