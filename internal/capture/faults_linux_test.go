package capture

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/capture/pcap"
	"github.com/akstools/akstools/internal/capture/trace"
)

// The places, by their index in network.points.
const (
	client = iota
	cnode
	snode
	server
)

// fault is a set-up, and what must be concluded from its packets.
type fault struct {
	server []string    // a role of roles, with its arguments; nil: nothing listens
	client []string    // likewise
	nft    [][3]string // namespace, hook and rule
	do     [][2]string // namespace and command
	ends   bool        // packets are captured in the client and the server only
	want   trace.Outcome
}

var (
	ok    = []string{"http", "200", "0s", "100"}
	large = []string{"http", "200", "0s", "3000000"}
	get   = []string{"get", "http://" + service}
	post  = []string{"post", "http://" + service, "20000"}
	long  = []string{"post", "http://" + service, "3000000"}
)

// at returns an outcome.
func at(kind trace.Kind, near, far int) trace.Outcome {
	return trace.Outcome{Kind: kind, Near: near, Far: far}
}

// faults are real ones, and healthy set-ups that look like some of them.
var faults = map[string]fault{
	"healthy":        {server: ok, client: get},
	"healthy, large": {server: large, client: long},
	"healthy, SNAT":  {server: ok, client: get, nft: [][3]string{{"snode", "nat postrouting", `oifname "s0" masquerade random`}}},
	"healthy, SNAT and UDP": {
		server: []string{"echo"}, client: datagram,
		nft: [][3]string{{"snode", "nat postrouting", `oifname "s0" masquerade random`}},
	},
	"healthy, TLS 1.3":          {server: []string{"https"}, client: []string{"tls", service, "4"}},
	"healthy, UDP":              {server: []string{"echo"}, client: datagram},
	"healthy, ends":             {server: ok, client: get, ends: true},
	"healthy, not found":        {server: []string{"http", "404", "0s", "10"}, client: get},
	"healthy, not implemented":  {server: []string{"http", "501", "0s", "10"}, client: get},
	"healthy, one second":       {server: []string{"http", "200", "1s", "10"}, client: get},
	"healthy, path MTU is told": {server: ok, client: post, do: [][2]string{{"snode", "ip link set s0 mtu 1000"}}},
	"healthy, other way back":   {server: ok, client: get, do: [][2]string{{"server", backByEth1}}},

	"drop at the client's node": {
		server: ok, client: get,
		nft:  [][3]string{{"cnode", "forward", "tcp dport 8080 drop"}},
		want: at(trace.LostThere, client, cnode),
	},
	"drop in the switch": {
		server: ok, client: get,
		nft:  [][3]string{{"switch", "bridge", "tcp dport 8080 drop"}},
		want: at(trace.LostThere, cnode, snode),
	},
	"drop at the server's node": {
		server: ok, client: get,
		nft:  [][3]string{{"snode", "forward", "tcp dport 8080 drop"}},
		want: at(trace.LostThere, snode, server),
	},
	"drop somewhere": {
		server: ok, client: get, ends: true,
		nft:  [][3]string{{"snode", "forward", "tcp dport 8080 drop"}},
		want: at(trace.LostThere, client, server),
	},
	"drop in the server": {
		server: ok, client: get,
		nft:  [][3]string{{"server", "input", "tcp dport 8080 drop"}},
		want: at(trace.NoHandshake, server, server),
	},
	"drop of UDP": {
		server: []string{"echo"}, client: datagram,
		nft:  [][3]string{{"snode", "forward", "udp dport 8080 drop"}},
		want: at(trace.LostThere, snode, server),
	},
	"answer lost at the client": {
		server: ok, client: get,
		nft:  [][3]string{{"cnode", "forward", "tcp sport 8080 drop"}},
		want: at(trace.LostBack, client, cnode),
	},
	"answer lost in the switch": {
		server: ok, client: get,
		nft:  [][3]string{{"switch", "bridge", "tcp sport 8080 drop"}},
		want: at(trace.LostBack, cnode, snode),
	},
	"answer lost at the server": {
		server: ok, client: get,
		nft:  [][3]string{{"snode", "forward", "tcp sport 8080 drop"}},
		want: at(trace.LostBack, snode, server),
	},
	"answer of UDP lost": {
		server: []string{"echo"}, client: datagram,
		nft:  [][3]string{{"switch", "bridge", "udp sport 8080 drop"}},
		want: at(trace.LostBack, cnode, snode),
	},
	"other way back, and lost": {
		server: ok, client: get, do: [][2]string{{"server", backByEth1}},
		nft:  [][3]string{{"snode", "forward", `iifname "s1" drop`}},
		want: at(trace.OtherWay, snode, server),
	},
	"answer from another source": {
		server: ok, client: []string{"get", "http://10.91.2.2:8080"},
		nft:  [][3]string{{"snode", "raw", "ip saddr 10.91.2.2 tcp sport 8080 ip saddr set 10.91.2.9"}},
		want: at(trace.OtherWay, client, client),
	},
	"nothing listens":        {client: get, want: at(trace.Refused, server, server)},
	"nothing listens on UDP": {client: datagram, want: at(trace.Refused, server, server)},
	"reset by the client's node": {
		server: ok, client: get,
		nft:  [][3]string{{"cnode", "forward", "tcp dport 8080 reject with tcp reset"}},
		want: at(trace.Refused, client, cnode),
	},
	"reset by the server's node": {
		server: ok, client: get,
		nft:  [][3]string{{"snode", "forward", "tcp dport 8080 reject with tcp reset"}},
		want: at(trace.Refused, snode, server),
	},
	"prohibited": {
		server: ok, client: get,
		nft:  [][3]string{{"snode", "forward", "tcp dport 8080 reject with icmp admin-prohibited"}},
		want: at(trace.Refused, snode, server),
	},
	"no endpoints": {
		server: ok, client: get,
		nft:  [][3]string{{"cnode", "forward", "tcp dport 8080 reject with icmp port-unreachable"}},
		want: at(trace.Refused, client, cnode),
	},
	"reset by the app": {server: []string{"reset"}, client: get, want: at(trace.Reset, server, server)},
	"reset by a middlebox": {
		server: ok, client: get,
		nft:  [][3]string{{"snode", "forward", "tcp dport 8080 tcp flags & psh == psh reject with tcp reset"}},
		want: at(trace.Reset, snode, server),
	},
	"mute app":          {server: []string{"mute"}, client: get, want: at(trace.NoAnswer, server, server)},
	"mute app of UDP":   {server: []string{"sink"}, client: datagram, want: at(trace.NoAnswer, server, server)},
	"slow app":          {server: []string{"http", "200", "2500ms", "10"}, client: get, want: at(trace.Slow, server, server)},
	"unavailable":       {server: []string{"http", "503", "0s", "10"}, client: get, want: at(trace.ServerError, server, server)},
	"TLS 1.2 refused":   {server: []string{"https"}, client: []string{"tls", service, "3"}, want: at(trace.TLSFailed, server, server)},
	"TLS to plain HTTP": {server: ok, client: []string{"tls", service, "4"}, want: at(trace.NotTLS, server, server)},
	"large requests lost": {
		server: ok, client: post,
		nft:  [][3]string{{"snode", "forward", "ip protocol tcp ip length > 1000 drop"}},
		want: at(trace.TooLarge, snode, server),
	},
	"large answers lost": {
		server: large, client: get,
		nft:  [][3]string{{"switch", "bridge", "ip protocol tcp ip length > 1000 drop"}},
		want: at(trace.TooLarge, cnode, snode),
	},
	"path MTU is not told": {
		server: ok, client: post, do: [][2]string{{"snode", "ip link set s0 mtu 1000"}},
		nft: [][3]string{{"cnode", "forward", "icmp type destination-unreachable drop"}}, want: at(trace.TooLarge, snode, server),
	},
	"data lost": {
		server: ok, client: post,
		nft:  [][3]string{{"snode", "forward", "tcp dport 8080 tcp flags & psh == psh drop"}},
		want: at(trace.LostThere, snode, server),
	},
	"lossy network": {
		server: ok, client: long,
		nft:  [][3]string{{"switch", "bridge", "tcp dport 8080 numgen random mod 100 < 5 drop"}},
		want: at(trace.Lossy, cnode, snode),
	},
}

const backByEth1 = "ip route replace 10.91.1.0/24 via 10.91.3.1 src 10.91.2.2"

var datagram = []string{"datagram", service}

// rulesets are the tables of nftables for hooks, with a rule.
var rulesets = map[string]string{
	"forward":         `table ip f { chain c { type filter hook forward priority 0; %s; }; }`,
	"input":           `table ip f { chain c { type filter hook input priority 0; %s; }; }`,
	"bridge":          `table bridge f { chain c { type filter hook forward priority 0; %s; }; }`,
	"raw":             `table ip f { chain c { type filter hook prerouting priority -300; %s; }; }`,
	"nat postrouting": `table ip f { chain c { type nat hook postrouting priority 100; %s; }; }`,
}

// Real packets lead to the right conclusion, and nothing that they carried is kept.
func TestFaults(t *testing.T) {
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t)
			for _, rule := range f.nft {
				n.nft(rule[0], fmt.Sprintf(rulesets[rule[1]], rule[2]))
			}
			for _, command := range f.do {
				n.in(command[0], command[1])
			}
			if f.server != nil {
				n.serve(f.server[0], f.server[1:]...)
			}
			points := n.points()
			if f.ends {
				points = slices.Delete(points, 1, 3)
			}
			sent := n.start(n.lacking(points), usual)
			recordings, capture := n.record(points, usual, func() {
				out, err := n.command("client", f.client[0], f.client[1:]...).CombinedOutput()
				t.Logf("client: %v %s", err, out)
			})
			judgeFault(t, capture, f)
			saveCapture(t, capture)
			if len(sent) > 0 {
				judgeFault(t, n.joined(sent), f)
			}
			for _, r := range slices.Concat(recordings, sent) {
				keepsNothing(t, r)
			}
		})
	}
}

// capturesVariable is a directory in which captures are saved as JSON: the fixtures of plugins/insideout/packets are made of them.
const capturesVariable = "AKSTOOLS_CAPTURES"

func saveCapture(t *testing.T, capture *trace.Capture) {
	t.Helper()
	dir := os.Getenv(capturesVariable)
	if dir == "" {
		return
	}
	text, err := json.MarshalIndent(capture, "", " ")
	if err == nil {
		name := strings.NewReplacer("TestFaults/", "", ",", "", "'", "", "_", "-", ".", "").Replace(t.Name())
		err = os.WriteFile(filepath.Join(dir, name+".json"), text, 0o600)
	}
	if err != nil {
		t.Error(err)
	}
}

// judgeFault compares the conclusion with that of the fault.
func judgeFault(t *testing.T, capture *trace.Capture, f fault) {
	t.Helper()
	if len(capture.Connections) == 0 {
		t.Fatalf("no connection was found: %+v", capture.Places)
	}
	for i := range capture.Connections {
		got := capture.Of(&capture.Connections[i])
		if f.ends && f.want.Far == server {
			f.want.Far = 1
		}
		if got.Kind != f.want.Kind || got.Kind != trace.Works && (got.Near != f.want.Near || got.Far != f.want.Far) {
			text, _ := json.MarshalIndent(capture, "", " ")
			t.Errorf("got %+v, not %+v\n%s", got, f.want, text)
		}
	}
}

// keepsNothing holds that no recording holds what packets carried.
func keepsNothing(t *testing.T, r *Recording) {
	t.Helper()
	for _, p := range r.Caught {
		if bytes.Contains(p.Data, []byte(canary)[:6]) || bytes.Contains(p.Data, []byte("GET /")) || bytes.Contains(p.Data, []byte("Authoriz")) {
			t.Fatalf("%s, packet %d: %q", r.Name, p.Number, p.Data)
		}
	}
	var file bytes.Buffer
	w, err := pcap.NewWriter(&file, "test", []pcap.Source{{Name: r.Name, Link: r.Link}})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range r.Caught {
		if err := w.Write(0, p); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(file.String(), canary[:6]) {
		t.Fatal("the file holds what packets carried")
	}
}
