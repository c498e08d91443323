package firewall

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// lab is the three network namespaces.
type lab struct {
	client, node, server string
	dialers              map[string]*dialer
}

func newLab(t *testing.T) *lab {
	t.Helper()
	id := fmt.Sprint(os.Getpid() % 100000)
	l := &lab{client: "fwtestc" + id, node: "fwtestn" + id, server: "fwtests" + id, dialers: map[string]*dialer{}}
	for _, ns := range []string{l.client, l.node, l.server} {
		if out, err := exec.Command("ip", "netns", "add", ns).CombinedOutput(); err != nil {
			t.Skipf("cannot create network namespaces: %s", out)
		}
		t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", ns).Run() })
		run(t, ns, "", "ip", "link", "set", "lo", "up")
	}
	link := func(a, nameA, b, nameB string) {
		run(t, a, "", "ip", "link", "add", nameA, "type", "veth", "peer", "name", nameB, "netns", b)
		run(t, a, "", "ip", "link", "set", nameA, "up")
		run(t, b, "", "ip", "link", "set", nameB, "up")
	}
	link(l.client, "eth0", l.node, "c0")
	link(l.node, "s0", l.server, "eth0")
	for i, at := range []string{l.client + " eth0", l.node + " c0", l.node + " s0", l.server + " eth0"} {
		f := strings.Fields(at)
		run(t, f[0], "", "ip", "link", "set", f[1], "address", mac(i))
	}
	for _, a := range []string{
		l.client + " eth0 10.1.0.2/24", l.client + " eth0 10.1.0.3/24", l.client + " eth0 fd01::2/64", l.client + " eth0 fd01::3/64",
		l.node + " c0 10.1.0.1/24", l.node + " c0 fd01::1/64", l.node + " s0 10.2.0.1/24", l.node + " s0 fd02::1/64",
		l.server + " eth0 10.2.0.2/24", l.server + " eth0 fd02::2/64",
	} {
		f := strings.Fields(a)
		args := []string{"ip", "addr", "add", f[2], "dev", f[1]}
		if strings.Contains(f[2], ":") {
			args = append(args, "nodad")
		}
		run(t, f[0], "", args...)
	}
	// IPv6 rules would drop neighbour discovery too
	for _, n := range []string{
		l.client + " eth0 fd01::1 " + mac(1), l.node + " c0 fd01::2 " + mac(0), l.node + " c0 fd01::3 " + mac(0),
		l.node + " s0 fd02::2 " + mac(3), l.server + " eth0 fd02::1 " + mac(2),
	} {
		f := strings.Fields(n)
		run(t, f[0], "", "ip", "neigh", "replace", f[2], "lladdr", f[3], "dev", f[1], "nud", "permanent")
	}
	run(t, l.client, "", "ip", "route", "add", "default", "via", "10.1.0.1")
	run(t, l.client, "", "ip", "-6", "route", "add", "default", "via", "fd01::1")
	run(t, l.server, "", "ip", "route", "add", "default", "via", "10.2.0.1")
	run(t, l.server, "", "ip", "-6", "route", "add", "default", "via", "fd02::1")
	run(t, l.node, "", "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
	for _, ns := range []string{l.node, l.server, l.client} {
		l.dialers[ns] = startDialer(t, ns)
	}
	return l
}

func mac(i int) string { return fmt.Sprintf("02:00:00:00:00:%02x", i+1) }

func run(t *testing.T, ns, stdin string, command ...string) string {
	t.Helper()
	out, err := try(ns, stdin, command...)
	if err != nil {
		t.Fatalf("%v: %v", command, err)
	}
	return out
}

func try(ns, stdin string, command ...string) (string, error) {
	cmd := exec.Command("ip", append([]string{"netns", "exec", ns}, command...)...)
	cmd.Stdin = strings.NewReader(stdin)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, errs.String())
	}
	return string(out), nil
}

// packets returns the packets to send, with the sending namespace.
func (l *lab) packets(g *generator) (string, []Packet) {
	hosts := [4]string{"10.1.0.2", "10.1.0.3", "10.1.0.1", "10.2.0.2"}
	if g.six {
		hosts = [4]string{"fd01::2", "fd01::3", "fd01::1", "fd02::2"}
	}
	a := func(i int) netip.Addr { return netip.MustParseAddr(hosts[i]) }
	from, sources, to, in, out := l.client, []netip.Addr{a(0), a(1)}, a(2), "c0", ""
	switch g.way {
	case Forward:
		to, out = a(3), "s0"
	case Output:
		from, to, in, out = l.node, a(3), "", "s0"
		sources = []netip.Addr{netip.MustParseAddr(strings.Replace(hosts[3], "2", "2", 1)).Prev()}
	}
	var all []Packet
	for _, source := range sources {
		for _, port := range []uint16{10250, 80} {
			all = append(all, Packet{"tcp", source, to, port, in, out})
		}
	}
	return from, all
}

func (l *lab) flush(t *testing.T) {
	t.Helper()
	run(t, l.node, "", "nft", "flush", "ruleset")
	for _, tool := range []string{"iptables-legacy-restore", "ip6tables-legacy-restore"} {
		empty := ""
		for _, table := range []string{"filter", "mangle", "raw"} {
			empty += "*" + table + "\n"
			for _, chain := range builtins(table) {
				empty += ":" + chain + " ACCEPT\n"
			}
			empty += "COMMIT\n"
		}
		run(t, l.node, empty, tool)
	}
}
