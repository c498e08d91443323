package capture

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/capture/pcap"
)

// isBuilt reports whether there is a recorder for this machine.
func isBuilt() bool {
	names, err := fs.Glob(built, "recorder/built/*.gz")
	return err == nil && len(names) > 0
}

// lacking returns the points as if there were no tcpdump; none if the recorder is not built.
func (n *network) lacking(points []Point) (all []Point) {
	n.t.Helper()
	if !isBuilt() {
		n.t.Log("SKIPPED: the recorder is not built: make recorder")
		return nil
	}
	for _, p := range points {
		p.Run, p.Sends = n.without(p.Run), func() {}
		all = append(all, p)
	}
	return all
}

// The recorder captures what tcpdump captures, with filters drawn at random.
func TestRecorderAgreesWithTcpdump(t *testing.T) {
	n := newNetwork(t)
	if len(n.lacking(n.points())) == 0 {
		t.Skip("SKIPPED: the recorder is not built: make recorder")
	}
	for _, ns := range []string{"client", "cnode"} {
		n.in(ns, "sysctl -qw net.ipv6.conf.all.disable_ipv6=0")
	}
	n.in("client", "ip addr add fd91::2/64 dev eth0 nodad")
	n.in("cnode", "ip addr add fd91::1/64 dev c0 nodad")
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	const filters = 40
	var expressions []string
	client := n.points()[0]
	for len(expressions) < filters {
		e := "(ip or ip6) and (" + drawFilter(r, 3) + ")"                      // hosts are those of ARP too for tcpdump
		if exec.Command("tcpdump", "-y", "LINUX_SLL2", "-d", e).Run() == nil { // it takes none that no packet can pass
			expressions = append(expressions, e)
		}
	}
	o := Options{Limit: time.Minute, Packets: 10000, Bytes: 64 << 20, Full: true}
	var known, sent []*Recording
	for _, e := range expressions {
		o.Filter = e
		known = append(known, n.start([]Point{client}, o)...)
		sent = append(sent, n.start(n.lacking([]Point{client}), o)...)
	}
	out, err := n.command("client", "packets").CombinedOutput()
	if err != nil {
		t.Fatalf("%v %s", err, out)
	}
	time.Sleep(time.Second)
	total := 0
	for i := range known {
		known[i].Stop()
		sent[i].Stop()
	}
	for i := range known {
		if err := known[i].Wait(); err != nil {
			t.Fatal(expressions[i], err)
		}
		if err := sent[i].Wait(); err != nil {
			t.Fatal(expressions[i], err)
		}
		a, b := described(known[i].Caught), described(sent[i].Caught)
		if a != b {
			t.Errorf("seed %d: filter %q\ntcpdump:\n%srecorder:\n%s", seed, expressions[i], a, b)
		}
		total += len(known[i].Caught)
	}
	if total == 0 {
		t.Error("no filter let a packet through")
	}
	t.Logf("%d packets by %d filters", total, filters)
}

// described lists the packets of sendPackets and their answers, without what differs between link types.
func described(packets []pcap.Packet) string {
	ours := func(a netip.AddrPort) bool {
		return slices.Contains([]string{"10.91.1.1", "10.91.1.2", "fd91::1", "fd91::2"}, a.Addr().String())
	}
	var b strings.Builder
	for _, p := range packets {
		if !ours(p.From) || !ours(p.To) {
			continue
		}
		fmt.Fprintf(&b, "%s > %s %v %v id %d, ttl %d, %d bytes, seq %d\n", p.From, p.To, p.Protocol, p.Flags, p.ID, p.TTL, p.Size, p.Seq)
	}
	return b.String()
}

// drawFilter returns a filter that the recorder knows.
func drawFilter(r *rand.Rand, depth int) string {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	if depth > 0 && r.IntN(3) > 0 {
		switch r.IntN(5) {
		case 0:
			return pick("not ", "! ") + drawFilter(r, depth-1)
		case 1:
			return "(" + drawFilter(r, depth-1) + ")"
		default:
			return drawFilter(r, depth-1) + pick(" and ", " or ", " && ", " || ") + drawFilter(r, depth-1)
		}
	}
	direction := pick("", "", "src ", "dst ")
	switch r.IntN(5) {
	case 0:
		return pick("tcp", "udp", "icmp", "icmp6", "ip", "ip6")
	case 1:
		return direction + "host " + pick("10.91.1.1", "10.91.1.2", "fd91::1", "fd91::2")
	case 2:
		return direction + "net " + pick("10.91.0.0/16", "10.0.0.0/8", "10.91.1.2/31", "0.0.0.0/0", "fd91::/64", "fd00::/8", "::/0")
	case 3:
		return pick("tcp ", "udp ", "") + direction + "port " + pick("7", "80", "9999") + pick("", "", " or 80")
	}
	return pick("", "tcp ") + direction + "port " + pick("7", "80")
}

// sendPackets sends packets of many kinds to the router of the client.
func sendPackets() error {
	for _, target := range []string{"10.91.1.1", "fd91::1"} {
		for _, port := range []string{"7", "80", "9999"} {
			for _, size := range []int{1, 4000} { // the second goes in fragments
				c, err := net.DialTimeout("udp", net.JoinHostPort(target, port), time.Second)
				if err != nil {
					return err
				}
				_, _ = c.Write(make([]byte, size))
				_ = c.Close()
			}
			if c, err := net.DialTimeout("tcp", net.JoinHostPort(target, port), time.Second); err == nil {
				_ = c.Close()
			}
		}
	}
	return nil
}

// The recorder leaves no file, whether it is told to stop or its input ends; a file that is not what was sent is not run.
func TestRecorderLeavesNothing(t *testing.T) {
	if !isBuilt() {
		t.Skip("SKIPPED: the recorder is not built: make recorder")
	}
	n := newNetwork(t)
	p := n.lacking(n.points())[0]
	recordings := n.start([]Point{p}, usual)
	if left := recorders(t); len(left) > 0 {
		t.Errorf("while it runs: %s", left)
	}
	recordings[0].Stop()
	if err := recordings[0].Wait(); err != nil {
		t.Error(err)
	}
	r, err := recorderFor("x86_64", "tcp")
	if err != nil {
		t.Fatal(err)
	}
	r.sum = strings.Repeat("0", 64)
	if _, err := start(t.Context(), p, usual, r); err == nil || !strings.Contains(err.Error(), "cannot be run") {
		t.Error(err)
	}
	if left := recorders(t); len(left) > 0 {
		t.Errorf("at the end: %s", left)
	}
}

func recorders(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, dir := range []string{os.TempDir(), "/var/tmp", "/run", "/dev/shm"} {
		found, err := filepath.Glob(filepath.Join(dir, "akstools-recorder-*"))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	return all
}

// Without a recorder for the machine, or with a filter that it does not know, the error says what is missing.
func TestRecorderFor(t *testing.T) {
	for _, c := range [][3]string{
		{"riscv64", "tcp", "no recorder for machines of the kind \"riscv64\""},
		{"x86_64", "vlan 7", "filters take only tcp, udp"},
	} {
		if _, err := recorderFor(c[0], c[1]); err == nil || isBuilt() && !strings.Contains(err.Error(), c[2]) {
			t.Errorf("%v: %v", c, err)
		}
	}
}
