package facts

import "testing"

// TestSpeak holds that a pod's address is that of the Service's family.
func TestSpeak(t *testing.T) {
	for _, try := range []struct {
		ips  []string
		ipv6 bool
		want string
	}{
		{[]string{"10.0.0.1", "fd00::1"}, false, "10.0.0.1"},
		{[]string{"10.0.0.1", "fd00::1"}, true, "fd00::1"},
		{[]string{"10.0.0.1"}, true, "10.0.0.1"},
	} {
		p := Pod{IP: try.ips[0], IPs: try.ips}
		if p.speak(ServiceInfo{IPv6: try.ipv6}); p.IP != try.want {
			t.Errorf("%+v: %s", try, p.IP)
		}
	}
}
