package capture

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/capture/pcap"
	"github.com/akstools/akstools/internal/capture/trace"
)

// network is a small network of network namespaces: a client, two routers that stand for nodes, a switch between them, and a server with
// two interfaces.
//
//	client 10.91.1.2 -- 10.91.1.1 cnode 10.91.0.1 -- switch -- 10.91.0.2 snode 10.91.2.1 -- 10.91.2.2 server
//	                                                                       snode 10.91.3.1 -- 10.91.3.2 server (eth1)
//
// cnode translates 10.91.99.1:80 to the server's port 8080, as kube-proxy does.
type network struct {
	t      testing.TB
	prefix string
	tools  string       // a directory with the programs that nodes without tcpdump have
	used   atomic.Int64 // nanoseconds of the CPU, by commands of run
}

const (
	service  = "10.91.99.1:80"
	serverIP = "10.91.2.2"
)

func newNetwork(t testing.TB) *network {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("SKIPPED: network namespaces need root")
	}
	for _, tool := range []string{"ip", "nft", "ss", "tcpdump", "nsenter"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("SKIPPED: %s is not installed", tool)
		}
	}
	n := &network{t: t, prefix: fmt.Sprintf("akcap%d-%08x-", os.Getpid(), crc32.ChecksumIEEE([]byte(t.Name())))}
	for _, ns := range []string{"client", "cnode", "switch", "snode", "server"} {
		if out, err := exec.Command("ip", "netns", "add", n.prefix+ns).CombinedOutput(); err != nil {
			t.Skipf("SKIPPED: no network namespaces: %s", out)
		}
		t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", n.prefix+ns).Run() })
		n.in(ns, "ip link set lo up")
		n.in(ns, "sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0")
	}
	n.link("client", "eth0", "10.91.1.2", "cnode", "c0", "10.91.1.1")
	n.in("switch", "ip link add br0 type bridge")
	n.in("switch", "ip link set br0 up")
	n.link("cnode", "out", "10.91.0.1", "switch", "toc", "")
	n.link("snode", "out", "10.91.0.2", "switch", "tos", "")
	n.link("snode", "s0", "10.91.2.1", "server", "eth0", serverIP)
	n.link("snode", "s1", "10.91.3.1", "server", "eth1", "10.91.3.2")
	n.in("client", "ip route add default via 10.91.1.1")
	n.in("cnode", "ip route add default via 10.91.0.2")
	n.in("snode", "ip route add 10.91.1.0/24 via 10.91.0.1")
	n.in("server", "ip route add default via 10.91.2.1")
	n.nft("cnode", `table ip nat { chain pre { type nat hook prerouting priority -100;
		ip daddr 10.91.99.1 tcp dport 80 dnat to 10.91.2.2:8080; ip daddr 10.91.99.1 udp dport 80 dnat to 10.91.2.2:8080; }; }`)
	return n
}

func (n *network) link(a, ifA, ipA, b, ifB, ipB string) {
	n.in(a, fmt.Sprintf("ip link add %s type veth peer name %s netns %s", ifA, ifB, n.prefix+b))
	for _, end := range [][3]string{{a, ifA, ipA}, {b, ifB, ipB}} {
		if end[2] == "" {
			n.in(end[0], fmt.Sprintf("ip link set %s master br0", end[1]))
		} else {
			n.in(end[0], fmt.Sprintf("ip addr add %s/24 dev %s", end[2], end[1]))
		}
		n.in(end[0], fmt.Sprintf("ip link set %s up", end[1]))
		n.in(end[0], fmt.Sprintf("sysctl -qw net.ipv4.conf.%s.rp_filter=0", end[1]))
	}
}

// in runs a command, without quoting, in the namespace.
func (n *network) in(ns, command string) {
	n.t.Helper()
	args := append([]string{"netns", "exec", n.prefix + ns}, strings.Fields(command)...)
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		n.t.Fatalf("%s in %s: %v %s", command, ns, err, out)
	}
}

func (n *network) nft(ns, ruleset string) {
	n.t.Helper()
	c := exec.Command("ip", "netns", "exec", n.prefix+ns, "nft", "-f", "-")
	c.Stdin = strings.NewReader(ruleset)
	if out, err := c.CombinedOutput(); err != nil {
		n.t.Fatalf("%s in %s: %v %s", ruleset, ns, err, out)
	}
}

// run runs commands in the namespace as they run on a node.
func (n *network) run(ns string) Run {
	return func(ctx context.Context, argv []string, in io.Reader, out, errOut io.Writer) (int, error) {
		c := exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", n.prefix + ns}, argv...)...)
		stdin, err := c.StdinPipe()
		if err != nil {
			return 0, err
		}
		go func() { _, _ = io.Copy(stdin, in); _ = stdin.Close() }()
		c.Stdout, c.Stderr = out, errOut
		err = c.Run()
		if c.ProcessState != nil {
			n.used.Add(int64(c.ProcessState.UserTime() + c.ProcessState.SystemTime()))
		}
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			return exit.ExitCode(), nil
		}
		return 0, err
	}
}

// serve starts this test's binary on the server in a role of roles, and stops it at the end.
func (n *network) serve(role string, args ...string) {
	n.t.Helper()
	c := n.command("server", role, args...)
	if err := c.Start(); err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	for range 100 {
		out, err := exec.Command("ip", "netns", "exec", n.prefix+"server", "ss", "-tulnH").Output()
		if err == nil && strings.Contains(string(out), ":8080") {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	n.t.Fatal("nothing listens on port 8080")
}

func (n *network) command(ns, role string, args ...string) *exec.Cmd {
	c := exec.Command("ip", append([]string{"netns", "exec", n.prefix + ns, os.Args[0]}, args...)...)
	c.Env = append(os.Environ(), roleVariable+"="+role)
	return c
}

// without returns run where there is no tcpdump.
func (n *network) without(run Run) Run {
	n.t.Helper()
	if n.tools == "" {
		n.tools = n.t.TempDir()
		for _, name := range []string{
			"bash", "sh", "head", "gzip", "sha256sum", "mktemp", "rm", "chmod", "timeout", "ip", "sed", "uname", "nsenter", "grep", "sort",
		} {
			if path, err := exec.LookPath(name); err != nil {
				n.t.Fatal(err)
			} else if err := os.Symlink(path, filepath.Join(n.tools, name)); err != nil {
				n.t.Fatal(err)
			}
		}
	}
	tools := n.tools
	return func(ctx context.Context, argv []string, in io.Reader, out, errOut io.Writer) (int, error) {
		return run(ctx, append([]string{"/usr/bin/env", "PATH=" + tools}, argv...), in, out, errOut)
	}
}

// points are where packets are captured: in the client, on the outer interfaces of both nodes, and in the server.
func (n *network) points() []Point {
	point := func(ns string, stage trace.Stage, toward string) Point {
		return Point{Place: trace.Place{Name: ns, Stage: stage, Node: ns}, Run: n.run(ns), Toward: toward}
	}
	all := []Point{
		point("client", trace.Client, ""), point("cnode", trace.ClientNode, "10.91.0.2"),
		point("snode", trace.ServerNode, "10.91.0.1"), point("server", trace.Server, ""),
	}
	all[3].Addresses = []netip.Addr{netip.MustParseAddr(serverIP)}
	all[3].Node = "snode"
	return all
}

// record captures at the points while do runs, and for a moment longer, and returns what became of each connection.
func (n *network) record(points []Point, o Options, do func()) ([]*Recording, *trace.Capture) {
	n.t.Helper()
	recordings := n.start(points, o)
	do()
	time.Sleep(1200 * time.Millisecond)
	return recordings, n.joined(recordings)
}

// start starts to capture at the points.
func (n *network) start(points []Point, o Options) (recordings []*Recording) {
	n.t.Helper()
	for _, p := range points {
		r, err := Start(n.t.Context(), p, o)
		if err != nil {
			n.t.Fatal(err)
		}
		recordings = append(recordings, r)
	}
	return recordings
}

// joined ends the recordings and joins their packets.
func (n *network) joined(recordings []*Recording) *trace.Capture {
	n.t.Helper()
	for _, r := range recordings {
		r.Stop()
	}
	c := &trace.Capture{}
	var packets [][]pcap.Packet
	for _, r := range recordings {
		if err := r.Wait(); err != nil {
			n.t.Fatal(err)
		}
		c.Places = append(c.Places, r.Place)
		packets = append(packets, r.Caught)
	}
	c.Connections = trace.Join(c.Places, packets, trace.Request{
		Ports: []uint16{80, 8080}, Servers: []netip.Addr{netip.MustParseAddr("10.91.99.1"), netip.MustParseAddr(serverIP)},
	})
	return c
}

var usual = Options{Filter: "(tcp or udp) and (port 80 or port 8080) or icmp", Limit: time.Minute, Packets: 10000, Bytes: 64 << 20}
