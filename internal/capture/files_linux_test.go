package capture

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/capture/pcap"
	"github.com/akstools/akstools/internal/capture/trace"
)

// tshark reads what is written without a warning, and finds as many packets, each in its place and in the order of their times.
func TestTshark(t *testing.T) {
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("SKIPPED: tshark is not installed")
	}
	n := newNetwork(t)
	n.serve("https")
	recordings, _ := n.record(n.points(), usual, func() {
		if out, err := n.command("client", "tls", service, "4").CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
	})
	dir := t.TempDir()
	files, err := WriteFiles(dir, "test", recordings)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(recordings)+1 {
		t.Fatal(files)
	}
	total := 0
	for i, r := range recordings {
		if got := packetsIn(t, filepath.Join(dir, files[i])); got != len(r.Caught) || got == 0 {
			t.Errorf("%s: tshark finds %d packets, not %d", r.Name, got, len(r.Caught))
		}
		total += len(r.Caught)
	}
	merged := filepath.Join(dir, files[len(recordings)])
	if got := packetsIn(t, merged); got != total {
		t.Errorf("merged: tshark finds %d packets, not %d", got, total)
	}
	out, err := exec.Command("tshark", "-r", merged, "-T", "fields", "-e", "frame.interface_name", "-e", "frame.time_delta",
		"-e", "tls.record.content_type", "-d", "tcp.port==8080,tls", "-d", "tcp.port==80,tls").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range recordings {
		if got := strings.Count(string(out), r.Name+"\t"); got != len(r.Caught) {
			t.Errorf("merged: %d packets of %s, not %d", got, r.Name, len(r.Caught))
		}
	}
	if strings.Contains(string(out), "\t-") {
		t.Errorf("merged: a packet is older than the one before:\n%s", out)
	}
	if !strings.Contains(string(out), "\t22") {
		t.Errorf("merged: tshark finds no TLS handshake:\n%s", out)
	}
	if info, err := os.Stat(merged); err != nil || info.Mode().Perm() != 0o600 {
		t.Error("others can read the file", err)
	}
}

// packetsIn returns how many packets tshark finds in the file. A warning is an error.
func packetsIn(t *testing.T, file string) int {
	t.Helper()
	var warnings strings.Builder
	c := exec.Command("tshark", "-r", file, "-T", "fields", "-e", "frame.number")
	c.Stderr = &warnings
	out, err := c.Output()
	const root = "Running as user \"root\" and group \"root\". This could be dangerous.\n"
	if text := strings.ReplaceAll(warnings.String(), root, ""); text != "" {
		t.Errorf("%s: tshark warns: %s", file, text)
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(out))
	if len(lines) == 0 {
		return 0
	}
	last, _ := strconv.Atoi(lines[len(lines)-1])
	return last
}

func TestBounds(t *testing.T) {
	n := newNetwork(t)
	n.serve(large[0], large[1:]...)
	for name, c := range map[string]struct {
		options Options
		bound   string
	}{
		"packets": {Options{Filter: usual.Filter, Limit: time.Minute, Packets: 20, Bytes: 1 << 30}, "20 packets"},
		"bytes":   {Options{Filter: usual.Filter, Limit: time.Minute, Packets: 1e6, Bytes: 1 << 20, Full: true}, "1 MB"},
		"time":    {Options{Filter: usual.Filter, Limit: time.Second, Packets: 1e6, Bytes: 1 << 30}, "1s"},
	} {
		recordings, _ := n.record(n.points()[3:], c.options, func() {
			_ = n.command("client", get[0], get[1:]...).Run()
			<-time.After(time.Second)
		})
		if r := recordings[0]; r.Bound != c.bound || r.Whole() || name == "packets" && len(r.Caught) != 20 {
			t.Errorf("%s: %q, %d packets", name, r.Bound, len(r.Caught))
		}
		if c.options.Full && !keeps(recordings[0].Caught) {
			t.Error("Full does not keep what packets carry")
		}
	}
}

func keeps(packets []pcap.Packet) bool {
	for _, p := range packets {
		if strings.Contains(string(p.Data), canary) {
			return true
		}
	}
	return false
}

// A mistake in the filter, and a pod that is not on the node, are told.
func TestStartFails(t *testing.T) {
	n := newNetwork(t)
	p := n.points()[0]
	for name, c := range map[string]struct {
		uid, toward, filter, want string
	}{
		"filter": {"", "", "port nonsense", "client: tcpdump: unknown port 'nonsense'"},
		"option": {"", "", "-w/tmp/x", "syntax error"},
		"pod":    {"0b8d0a3e-0000-4000-8000-000000000000", "", "tcp", "no process of the pod"},
		"route":  {"", "203.0.113.300", "tcp", "no route"},
	} {
		p.PodUID, p.Toward = c.uid, c.toward
		_, err := Start(t.Context(), p, Options{Filter: c.filter, Limit: time.Minute, Packets: 10, Bytes: 1 << 20})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if out, _ := exec.Command("ip", "netns", "pids", n.prefix+"client").Output(); len(out) > 0 {
		t.Errorf("processes are left: %s", out)
	}
}

func TestClock(t *testing.T) {
	n := newNetwork(t)
	offset, uncertainty, err := Clock(t.Context(), n.run("client"))
	if err != nil || uncertainty <= 0 || uncertainty > 100*time.Millisecond || offset.Abs() > uncertainty {
		t.Errorf("%s ± %s: %v", offset, uncertainty, err)
	}
}

// With a filter of the user, that a packet was not seen proves nothing.
func TestFilterIsUnclear(t *testing.T) {
	n := newNetwork(t)
	n.serve(ok[0], ok[1:]...)
	o := usual
	o.Filter = "host 10.91.99.1"
	_, capture := n.record(n.points(), o, func() { _ = n.command("client", get[0], get[1:]...).Run() })
	capture.Filter = o.Filter
	if len(capture.Connections) == 0 {
		t.Fatal("no connection was found")
	}
	for i := range capture.Connections {
		if got := capture.Of(&capture.Connections[i]); got.Kind != trace.Works && got.Kind != trace.Unclear {
			t.Errorf("%+v", got)
		}
	}
}
