package e2e

import (
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// middlebox is between a client and the API server, as firewalls, VPNs and load balancers are, and forgets connections.
type middlebox struct {
	listener net.Listener
	to       string
	// idle is how long a connection may transfer nothing before it is forgotten without a word; 0: forever.
	idle time.Duration

	mu    sync.Mutex
	flows []*flow
	drops atomic.Int64
}

// flow is one connection through the middlebox.
type flow struct {
	near, far net.Conn
	last      atomic.Int64 // when data passed, in Unix nanoseconds
	dead      atomic.Bool  // nothing passes any more
}

// newMiddlebox starts one, until the end of the test.
func newMiddlebox(t *testing.T, l lab, idle time.Duration) *middlebox {
	t.Helper()
	server, err := url.Parse(l.clients(t).Config.Host)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &middlebox{listener: listener, to: server.Host, idle: idle}
	go m.serve()
	t.Cleanup(func() {
		_ = listener.Close()
		m.forget(true)
	})
	return m
}

// flag returns the flag by which kubectl and our programs go through the middlebox. The lab's API server has a certificate for 127.0.0.1.
func (m *middlebox) flag() string { return "--server=https://" + m.listener.Addr().String() }

func (m *middlebox) serve() {
	for {
		near, err := m.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.DialTimeout("tcp", m.to, 10*time.Second)
		if err != nil {
			_ = near.Close()
			continue
		}
		f := &flow{near: near, far: far}
		f.last.Store(time.Now().UnixNano())
		m.mu.Lock()
		m.flows = append(m.flows, f)
		m.mu.Unlock()
		go m.pass(f, near, far)
		go m.pass(f, far, near)
		if m.idle > 0 {
			go m.watch(f)
		}
	}
}

// pass copies in one direction, as long as the flow is remembered.
func (m *middlebox) pass(f *flow, to, from net.Conn) {
	b := make([]byte, 64<<10)
	for {
		n, err := from.Read(b)
		if f.dead.Load() {
			return // what was read is dropped, and nothing is closed
		}
		if n > 0 {
			f.last.Store(time.Now().UnixNano())
			if _, err := to.Write(b[:n]); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	_ = f.near.Close()
	_ = f.far.Close()
}

// watch forgets the flow once it has been idle for too long.
func (m *middlebox) watch(f *flow) {
	for !f.dead.Load() {
		time.Sleep(100 * time.Millisecond)
		if time.Since(time.Unix(0, f.last.Load())) > m.idle {
			f.dead.Store(true)
			m.drops.Add(1)
		}
	}
}

// forget forgets all connections: without a word, or with a reset.
func (m *middlebox) forget(reset bool) {
	m.mu.Lock()
	flows := slices.Clone(m.flows) // the end of the test closes those too that were forgotten without a word
	m.mu.Unlock()
	for _, f := range flows {
		f.dead.Store(true)
		if tcp, ok := f.near.(*net.TCPConn); ok && reset {
			_ = tcp.SetLinger(0)
		}
		if reset {
			_ = f.near.Close()
			_ = f.far.Close()
		}
	}
}

// TestIdleConnection: a session in which nothing happens outlives a middlebox that forgets idle connections, and its pod is removed
// although the connections for other requests were forgotten meanwhile.
func TestIdleConnection(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	box := newMiddlebox(t, l, 12*time.Second)
	r := l.aksnode(t, "ssh", box.flag(), "--no-stdin", node0, "--", "sh", "-c", "sleep 40; echo done")
	if r.code != 0 || r.stdout != "done\n" || strings.Contains(r.stderr, "failed") {
		t.Errorf("%+v", r)
	}
	if r.took > 75*time.Second {
		t.Errorf("it took %s", r.took)
	}
	t.Logf("%d idle connections were forgotten", box.drops.Load())
	if box.drops.Load() == 0 {
		t.Error("no connection was idle: the test shows nothing")
	}
}

// TestCutConnection: the end of a session whose connection is reset is clear, and leaves no pod.
func TestCutConnection(t *testing.T) { theLab(t).cut(t, true, 20*time.Second) }

// TestSoakForgottenConnection is TestCutConnection where nothing tells that the connection is gone: the keep-alives need a minute.
func TestSoakForgottenConnection(t *testing.T) { soak(t).cut(t, false, 100*time.Second) }

// cut forgets the connections of a session, which must end within the limit.
func (l lab) cut(t *testing.T, reset bool, limit time.Duration) {
	t.Helper()
	isolate(t, l)
	box := newMiddlebox(t, l, 0)
	wait, _ := session(t, l, node0, "6900", box.flag())
	time.Sleep(3 * time.Second) // until the pod's idle guard is attached
	start := time.Now()
	box.forget(reset)
	r := wait()
	if r.code != 255 || !strings.Contains(r.stderr, "the connection to the node was lost") ||
		!strings.Contains(r.stderr, "VPN, proxy, firewall or load balancer") || strings.Contains(r.stderr, "removing job/") {
		t.Errorf("%+v", r)
	}
	if took := time.Since(start); took > limit {
		t.Errorf("it took %s", took)
	}
	l.processGone(t, node0, "sleep 6900", 10*time.Second)
}

// TestTerminalCut: the terminal is as it was when its session's connection was cut.
func TestTerminalCut(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	box := newMiddlebox(t, l, 0)
	tm := newTerminal(t, l)
	tm.types(l.path("bin/kubectl-aksnode")+" ssh -q "+box.flag()+" "+node0, "Enter")
	tm.sees("root@" + node0)
	time.Sleep(3 * time.Second)
	box.forget(true)
	tm.sees("the connection to the node was lost")
	tm.ended(255)
	tm.runs("stty -a | grep -q -e ' -icanon' -e ' -echo ' || echo terminal is sane")
	tm.sees("terminal is sane")
}

// TestForwardSurvivesACut: the listener serves new connections after all of its connections to the API server were cut.
func TestForwardSurvivesACut(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	box := newMiddlebox(t, l, 0)
	l.echo(t, node1, "7011,bind=127.0.0.1")
	addrs, stderr := forwarding(t, l, box.flag(), node1, ":7011")
	data := randomBytes(t, 100_000)
	if err := echoed(addrs[0], data); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	for _, reset := range []bool{true, false} {
		box.forget(reset)
		start := time.Now()
		l.eventually(t, 40*time.Second, func() error { return echoed(addrs[0], data) })
		t.Logf("served again after %.1f s (reset %v)", time.Since(start).Seconds(), reset)
	}
}
