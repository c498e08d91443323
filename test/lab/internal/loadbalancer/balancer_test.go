package loadbalancer

import (
	"net/netip"
	"testing"

	"k8s.io/apimachinery/pkg/types"
)

func TestAddresses(t *testing.T) {
	b := newBalancer(func() {})
	b.reserve(netip.MustParseAddr("10.220.1.5"), "reserved")
	for uid, want := range []string{"10.220.1.4", "10.220.1.6", "10.220.1.7"} {
		f, err := b.set(Frontend{UID: types.UID(rune('a' + uid))}, netip.Addr{})
		if err != nil || f.Addr.String() != want {
			t.Errorf("%s, %v; want %s", f.Addr, err, want)
		}
	}
	b.remove("a")
	if f, err := b.set(Frontend{UID: "d"}, netip.Addr{}); err != nil || f.Addr.String() != "10.220.1.8" {
		t.Errorf("one that was just freed is not given at once: %s, %v", f.Addr, err)
	}
	b.last = netip.MustParseAddr("10.220.1.254")
	if f, err := b.set(Frontend{UID: "e"}, netip.Addr{}); err != nil || f.Addr.String() != "10.220.1.4" {
		t.Errorf("after the last the first: %s, %v", f.Addr, err)
	}
	if f, err := b.set(Frontend{UID: "reserved"}, netip.MustParseAddr("10.220.1.5")); err != nil || f.Addr.String() != "10.220.1.5" {
		t.Errorf("an address of before is kept: %s, %v", f.Addr, err)
	}
}
