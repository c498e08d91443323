package podhealth

import (
	"testing"
)

// TestPrefer holds that a pod with addresses of both families gets the one that is asked for.
func TestPrefer(t *testing.T) {
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
		if p.Prefer(try.ipv6); p.IP != try.want {
			t.Errorf("%+v: %s", try, p.IP)
		}
	}
}
