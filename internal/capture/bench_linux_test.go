package capture

import (
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A stream of datagrams of 1,400 bytes.
const (
	streamSize = 1400
	streamRate = 10_000_000 // bytes a second
	streamTime = 5 * time.Second
)

// stream sends the datagrams to the address, and returns how many.
func stream(address string) (int, error) {
	c, err := net.Dial("udp", address)
	if err != nil {
		return 0, err
	}
	defer func() { _ = c.Close() }()
	datagram, sent := make([]byte, streamSize), 0
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for begin := time.Now(); time.Since(begin) < streamTime; <-tick.C {
		for due := int(time.Since(begin).Seconds() * streamRate / streamSize); sent < due; sent++ {
			if _, err := c.Write(datagram); err != nil && sent == 0 {
				return 0, err
			}
		}
	}
	return sent, nil
}

// BenchmarkRecorders captures a stream of 10 MB/s with tcpdump and with the recorder, and tells how much of it was lost, and how much
// time of the CPU capturing took.
func BenchmarkRecorders(b *testing.B) {
	n := newNetwork(b)
	n.serve("sink")
	for _, with := range []string{"tcpdump", "recorder"} {
		p := n.points()[0]
		if with == "recorder" {
			if !isBuilt() {
				b.Skip("SKIPPED: the recorder is not built: make recorder")
			}
			p = n.lacking([]Point{p})[0]
		}
		for name, full := range map[string]bool{"headers": false, "full": true} {
			b.Run(with+"/"+name, func(b *testing.B) {
				sent, caught := 0, 0
				n.used.Store(0)
				for b.Loop() {
					r, err := Start(b.Context(), p, Options{
						Filter: "udp port 8080", Limit: time.Minute, Packets: 1 << 20, Bytes: 1 << 30, Full: full,
					})
					if err != nil {
						b.Fatal(err)
					}
					out, err := n.command("client", "stream", serverIP+":8080").Output()
					if err != nil {
						b.Fatal(err)
					}
					time.Sleep(200 * time.Millisecond)
					if err := r.Wait(); err != nil {
						b.Fatal(err)
					}
					count, err := strconv.Atoi(strings.TrimSpace(string(out)))
					if err != nil {
						b.Fatal(err)
					}
					sent, caught = sent+count, caught+len(r.Caught)
				}
				seconds := streamTime.Seconds() * float64(b.N)
				b.ReportMetric(float64(sent-caught)/float64(sent)*100, "%lost")
				b.ReportMetric(time.Duration(n.used.Load()).Seconds()/seconds, "cpu-s/s")
				b.ReportMetric(float64(sent)*streamSize/1e6/seconds, "MB/s")
			})
		}
	}
}
