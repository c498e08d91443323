package trace

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/capture/pcap"
)

var (
	start    = time.Unix(1_700_000_000, 0)
	client   = netip.MustParseAddrPort("10.0.0.1:40000")
	service  = netip.MustParseAddrPort("10.99.0.1:80")
	pod      = netip.MustParseAddrPort("10.0.1.1:8080")
	otherPod = netip.MustParseAddrPort("10.0.1.2:8080")
)

// places are a client and two pods. All have captured for ten seconds.
func places() []Place {
	until := start.Add(10 * time.Second)
	return []Place{
		{Name: "client", Stage: Client, Node: "a", From: start, Until: until},
		{Name: "pod", Stage: Server, Node: "b", From: start, Until: until, Addresses: []netip.Addr{pod.Addr()}},
		{Name: "other", Stage: Server, Node: "c", From: start, Until: until, Addresses: []netip.Addr{otherPod.Addr()}},
	}
}

// numbered gives the packets of one place their numbers.
func numbered(packets ...pcap.Packet) []pcap.Packet {
	for i := range packets {
		packets[i].Number = i + 1
	}
	return packets
}

func packet(at time.Duration, from, to netip.AddrPort, flags pcap.Flags, seq uint32) pcap.Packet {
	return pcap.Packet{
		At: start.Add(time.Second + at), Protocol: pcap.TCP, From: from, To: to, TTL: 64,
		Flags: flags, Seq: seq, Size: 40,
	}
}

func syn(at time.Duration, to netip.AddrPort) pcap.Packet {
	return packet(at, client, to, pcap.SYN, 100)
}

// What the captures do not prove is unclear, and never healthy or lost.
func TestUnclear(t *testing.T) {
	sent := numbered(syn(0, service), syn(time.Second, service), syn(3*time.Second, service))
	for name, c := range map[string]struct {
		change func(*Capture)
		want   Kind
	}{
		"all pods were captured":         {func(*Capture) {}, LostThere},
		"another pod was not":            {func(c *Capture) { c.Others = 1 }, Unclear},
		"a filter of the user":           {func(c *Capture) { c.Filter = "host 10.99.0.1" }, Unclear},
		"a capture dropped packets":      {func(c *Capture) { c.Places[2].Dropped = 1 }, Unclear},
		"a capture reached its bound":    {func(c *Capture) { c.Places[1].Bound = "20 packets" }, Unclear},
		"only the client's capture did":  {func(c *Capture) { c.Places[0].Bound = "20 packets" }, LostThere},
		"nothing behind it was captured": {func(c *Capture) { c.Places = c.Places[:1] }, NoHandshake},
	} {
		capture := &Capture{Places: places()}
		c.change(capture)
		packets := [][]pcap.Packet{sent, nil, nil}
		capture.Connections = Join(capture.Places, packets[:len(capture.Places)], Request{Ports: []uint16{80, 8080}})
		if len(capture.Connections) != 1 {
			t.Fatalf("%s: %+v", name, capture.Connections)
		}
		if got := capture.Of(&capture.Connections[0]); got.Kind != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A capture that ends just after the first packet proves nothing about it.
func TestTooEarly(t *testing.T) {
	c := &Capture{Places: places()}
	for i := range c.Places {
		c.Places[i].Until = start.Add(1500 * time.Millisecond)
	}
	c.Connections = Join(c.Places, [][]pcap.Packet{numbered(syn(0, service)), nil, nil}, Request{Ports: []uint16{80}})
	if got := c.Of(&c.Connections[0]); got.Kind != Unclear {
		t.Errorf("%+v", got)
	}
}

// Connections are joined through NAT of both ends, in spite of clocks that differ; those of others are left out.
func TestJoin(t *testing.T) {
	p := places()
	p[1].Offset = time.Hour
	nat := netip.MustParseAddrPort("10.0.9.9:61234")
	far := func(from, to netip.AddrPort, flags pcap.Flags, seq uint32) pcap.Packet {
		q := packet(time.Hour, from, to, flags, seq)
		q.Ack = 101
		return q
	}
	stranger := netip.MustParseAddrPort("10.0.7.7:1234")
	packets := [][]pcap.Packet{
		numbered(syn(0, service), packet(0, service, client, pcap.SYN|pcap.ACK, 500),
			packet(0, client, netip.MustParseAddrPort("10.99.0.2:80"), pcap.SYN, 900)), // of another Service
		numbered(far(stranger, pod, pcap.SYN, 7777), far(nat, pod, pcap.SYN, 100), far(pod, nat, pcap.SYN|pcap.ACK, 500)),
		nil,
	}
	all := Join(p, packets, Request{Ports: []uint16{80, 8080}, Servers: []netip.Addr{service.Addr(), pod.Addr()}})
	if len(all) != 1 {
		t.Fatalf("%+v", all)
	}
	c := all[0]
	if len(c.Seen) != 2 || c.Seen[0].Server != service || c.Seen[1].Client != nat || c.Seen[1].Server != pod || c.Missed != nil || !c.Begun {
		t.Errorf("%+v", c)
	}
	if len(c.Losses) > 0 {
		t.Errorf("%+v", c.Losses)
	}
}

// A port on which nothing listens resets each SYN. The second reset reaches the client with the pod's own address, and is no connection.
func TestStrayReset(t *testing.T) {
	reset := func(from, to netip.AddrPort) pcap.Packet {
		q := packet(0, from, to, pcap.RST|pcap.ACK, 0)
		q.Ack = 101
		return q
	}
	c := &Capture{Places: places()}
	c.Connections = Join(c.Places, [][]pcap.Packet{
		numbered(syn(-time.Second/2, service), syn(0, service), reset(service, client), reset(pod, client)),
		numbered(syn(0, pod), reset(pod, client), syn(0, pod), reset(pod, client)),
		nil,
	}, Request{Ports: []uint16{80, 8080}, Servers: []netip.Addr{service.Addr(), pod.Addr()}})
	if len(c.Connections) != 1 {
		t.Fatalf("%+v", c.Connections)
	}
	if got := c.Of(&c.Connections[0]); got.Kind != Refused || got.Near != 1 || got.Far != 1 {
		t.Errorf("%+v", got)
	}
}

// Segments that a network card cuts or joins on the way are not lost, and sequence numbers may wrap.
func TestCoverage(t *testing.T) {
	at := func(from, length uint32) segment { return segment{from: from, length: length} }
	near := uint32(0xffffff00)
	c := newCoverage([]segment{at(near+1000, 500), at(near, 500), at(near+500, 500), at(near+2000, 10)})
	for _, try := range []struct {
		from, length uint32
		want         int64
	}{{near, 1500, 1500}, {near + 100, 1400, 1400}, {near + 1400, 200, 100}, {near + 1600, 100, 0}, {near + 1999, 20, 10}} {
		if got := c.covered(at(try.from, try.length)); got != try.want {
			t.Errorf("%d bytes from %d: %d, not %d", try.length, try.from-near, got, try.want)
		}
	}
	if got := newCoverage(nil).covered(at(1, 10)); got != 0 {
		t.Error(got)
	}
}

// Of a large packet that was cut on its way, the end may pass where what is before it does not.
func TestCoveredEnd(t *testing.T) {
	whole := segment{from: 100, length: 3000}
	for name, try := range map[string]struct {
		arrived []segment
		want    int64
	}{
		"nothing":       {nil, 0},
		"all":           {[]segment{{from: 100, length: 3000}}, 3000},
		"the end":       {[]segment{{from: 3000, length: 100}}, 100},
		"the beginning": {[]segment{{from: 100, length: 100}}, 0},
		"more":          {[]segment{{from: 50, length: 60}, {from: 2000, length: 5000}}, 1100},
	} {
		if got := newCoverage(try.arrived).end(whole); got != try.want {
			t.Errorf("%s: %d, want %d", name, got, try.want)
		}
	}
}

// A client that ends the connection long after its request gave up; one that ends its side at once still waits.
func TestGaveUp(t *testing.T) {
	sent := start.Add(time.Second)
	for after, want := range map[time.Duration]bool{0: false, time.Second: false, 3 * time.Second: true} {
		f := Flow{Bytes: 100, DataEnd: sent, FINAt: sent.Add(after)}
		if got := !f.gaveUp().IsZero(); got != want {
			t.Errorf("FIN after %s: %v", after, got)
		}
	}
	if f := (Flow{Bytes: 100, DataEnd: sent}); !f.gaveUp().IsZero() {
		t.Error("a client without FIN and RST gave up")
	}
}

// A packet that is captured on two interfaces of a place is one packet; one that is sent again is two.
func TestCopies(t *testing.T) {
	again := syn(time.Millisecond, service)
	again.Interface = 2
	first := syn(0, service)
	first.Interface = 1
	s := sightings(0, numbered(first, again), 0, []uint16{80})
	if len(s) != 1 || s[0].Up.Packets != 1 {
		t.Errorf("%+v", s[0])
	}
	p := places()
	if all := Join(p, [][]pcap.Packet{numbered(first, syn(time.Millisecond, pod)), nil, nil}, Request{}); len(all) != 1 {
		t.Errorf("a connection whose address is translated at the place is two: %+v", all)
	}
	again.Interface = 1
	s = sightings(0, numbered(first, again), 0, []uint16{80})
	if s[0].Up.Packets != 2 || !slices.Equal(s[0].Up.SYNs, []int{1, 2}) {
		t.Errorf("%+v", s[0])
	}
}

// between are a client and a pod, with the outer interfaces of their nodes.
func between() []Place {
	p := places()
	until := p[0].Until
	return []Place{
		p[0],
		{Name: "node a", Stage: ClientNode, Node: "a", From: start, Until: until},
		{Name: "node b", Stage: ServerNode, Node: "b", From: start, Until: until},
		p[1],
	}
}

// outcome returns what became of the only connection.
func outcome(t *testing.T, packets ...[]pcap.Packet) Outcome {
	t.Helper()
	c := &Capture{Places: between()}
	c.Connections = Join(c.Places, packets, Request{Ports: []uint16{8080}, Servers: []netip.Addr{pod.Addr()}})
	if len(c.Connections) != 1 {
		t.Fatalf("%+v", c.Connections)
	}
	return c.Of(&c.Connections[0])
}

func ack(p pcap.Packet, number uint32) pcap.Packet {
	p.Ack = number
	return p
}

// An answer that gets another address on its way is lost for that, where it is seen first.
func TestOtherSourceOnTheWay(t *testing.T) {
	sent := func() []pcap.Packet { return numbered(syn(0, pod), syn(time.Second, pod), syn(3*time.Second, pod)) }
	answered := func(from netip.AddrPort) []pcap.Packet {
		return numbered(append(sent(), ack(packet(4*time.Second, from, client, pcap.SYN|pcap.ACK, 900), 101))...)
	}
	got := outcome(t, sent(), answered(otherPod), answered(otherPod), answered(pod))
	if got.Kind != OtherWay || got.Near != 2 {
		t.Errorf("%+v", got)
	}
}

// exchange are the packets of a connection on which the client sends a request of the size and the server answers after a while, if at all.
// The client ends the connection after three seconds.
func exchange(size int, answer time.Duration) []pcap.Packet {
	request := packet(2*time.Millisecond, client, pod, pcap.ACK, 101)
	request.Payload, request.Size = size-40, size
	all := []pcap.Packet{
		syn(0, pod), ack(packet(time.Millisecond, pod, client, pcap.SYN|pcap.ACK, 900), 101), request,
		packet(3*time.Second, client, pod, pcap.FIN|pcap.ACK, 101+uint32(request.Payload)),
	}
	if answer > 0 {
		reply := packet(answer, pod, client, pcap.ACK, 901)
		reply.Payload, reply.Size = 60, 100
		all = append(all, reply)
	}
	slices.SortStableFunc(all, func(a, b pcap.Packet) int { return a.At.Compare(b.At) })
	return numbered(all...)
}

// An answer after the client has given up is none; one before is late.
func TestLateAnswer(t *testing.T) {
	for answer, want := range map[time.Duration]Kind{
		0: NoAnswer, time.Second: Works, 2500 * time.Millisecond: Slow, 3100 * time.Millisecond: NoAnswer,
	} {
		e := func() []pcap.Packet { return exchange(173, answer) }
		if got := outcome(t, e(), e(), e(), e()); got.Kind != want {
			t.Errorf("answer after %s: %q, want %q", answer, got.Kind, want)
		}
	}
}

// Packets are lost for their size only if that is one at which networks may lose them.
func TestSizeOfLost(t *testing.T) {
	for size, want := range map[int]Kind{173: LostThere, 1500: TooLarge} {
		all := exchange(size, 0)
		request := all[2]
		request.At = request.At.Add(time.Second)
		sent := numbered(slices.Insert(slices.Clone(all), 3, request)...)
		arrived := numbered(slices.DeleteFunc(slices.Clone(all), func(p pcap.Packet) bool { return p.Payload > 0 })...)
		if got := outcome(t, sent, sent, arrived, arrived); got.Kind != want || got.Near != 1 {
			t.Errorf("%d bytes: %q between %d and %d, want %q", size, got.Kind, got.Near, got.Far, want)
		}
	}
}
