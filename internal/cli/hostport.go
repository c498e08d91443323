package cli

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// ParseHostPort returns the host, a name or an IP address, and the port of a flag's value, to which a pod is to connect. It must not be the
// pod itself.
func ParseHostPort(flag, text string) (host string, port int32, err error) {
	host, number, err := net.SplitHostPort(text)
	if err != nil {
		return "", 0, fmt.Errorf("%s is %q: it takes HOST:PORT, such as db.example.com:5432 or [2001:db8::1]:443", flag, text)
	}
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil || n == 0 {
		return "", 0, fmt.Errorf("%s is %q: %q is not a port from 1 to 65535", flag, text, number)
	}
	ip, err := netip.ParseAddr(host)
	if host == "localhost" || err == nil && (ip.IsLoopback() || ip.IsUnspecified()) {
		return "", 0, fmt.Errorf("%s is %q: connections inside the pod itself are not supported", flag, text)
	}
	if err != nil {
		if problems := validation.IsDNS1123Subdomain(strings.ToLower(strings.TrimSuffix(host, "."))); len(problems) > 0 {
			return "", 0, fmt.Errorf("%s is %q: %q is neither a host name nor an IP address: %s", flag, text, host, problems[0])
		}
	}
	return host, int32(n), nil
}
