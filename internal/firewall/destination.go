package firewall

import "net/netip"

// Destination returns the address and port to which an iptables rule redirects (DNAT), if it names a single one with a port.
func (r Rule) Destination() (to netip.AddrPort, ok bool) {
	words, err := split(r.Text)
	if err != nil {
		return to, false
	}
	for i := range words {
		if words[i].text != "--to-destination" || words[i].quoted || i+1 == len(words) {
			continue
		}
		to, err = netip.ParseAddrPort(words[i+1].text)
		return to, err == nil
	}
	return to, false
}
