package firewall

import (
	"net/netip"
	"strconv"
	"strings"
)

func (x *crossing) source(f *flow) netip.Addr {
	if f.sourceNAT {
		return netip.Addr{}
	}
	return x.Source
}

func (x *crossing) destination(*flow) netip.Addr { return x.Destination }

// within reports whether low <= a <= high; for the zero Addr, that is unknown.
func within(a, low, high netip.Addr) truth {
	if !a.IsValid() {
		return maybe
	}
	return is(a.BitLen() == low.BitLen() && a.BitLen() == high.BitLen() && !a.Less(low) && !high.Less(a))
}

// matchAddress parses an address with an optional mask of any form: 10.0.0.0/8, 10.0.0.1/255.0.0.255, fe80::/ffff::. The
// matcher is nil if the text is not understood.
func matchAddress(text string, of func(*crossing, *flow) netip.Addr) matcher {
	address, length, ok := strings.Cut(text, "/")
	want, err := netip.ParseAddr(address)
	if err != nil {
		return nil
	}
	mask, err := netip.ParseAddr(length)
	if n, e := strconv.Atoi(length); e == nil {
		prefix, e := want.Prefix(n)
		return contains(prefix, of, e)
	}
	if !ok {
		prefix, e := want.Prefix(want.BitLen())
		return contains(prefix, of, e)
	}
	if err != nil || mask.BitLen() != want.BitLen() {
		return nil
	}
	return func(x *crossing, f *flow) truth { return underMask(of(x, f), want, mask) }
}

func contains(p netip.Prefix, of func(*crossing, *flow) netip.Addr, err error) matcher {
	if err != nil {
		return nil
	}
	return func(x *crossing, f *flow) truth {
		a := of(x, f)
		if !a.IsValid() {
			return max(maybe, is(p.Bits() == 0))
		}
		return is(p.Contains(a))
	}
}

// underMask reports whether a and want agree in the bits of the mask.
func underMask(a, want, mask netip.Addr) truth {
	if !a.IsValid() {
		return maybe
	}
	have, wanted, bit := a.AsSlice(), want.AsSlice(), mask.AsSlice()
	if len(have) != len(wanted) {
		return no
	}
	for i := range have {
		if (have[i]^wanted[i])&bit[i] != 0 {
			return no
		}
	}
	return yes
}
