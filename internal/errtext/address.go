package errtext

import (
	"net/netip"
	"strconv"
	"strings"
	"sync"
)

// before are the phrases that precede an address, ordered by how certainly the address is the one that was dialed.
var before = sync.OnceValue(func() []string {
	return squeezed([]string{
		"while dialing ", "from CONNECT to ", "dialAddress=", "dial tcp ", "read tcp ", "write tcp ", "response from https://",
		"timed out waiting for https://", "bad status from https://", "Get https://", "Post https://", "Put https://", "Head https://",
		"Get http://", "connection to the server ", "connect ETIMEDOUT ", "connect ECONNREFUSED ", "connect EHOSTUNREACH ", "connect ECONNRESET ",
	})
})

// target returns the address that was dialed according to t, which is squeezed: "host:port", or only the name if it could not
// be resolved; "" if there is none.
func target(t string) string {
	for _, phrase := range before() {
		rest := t
		for range 4 { // the phrase may also occur without an address
			var found bool
			if _, rest, found = strings.Cut(rest, phrase); !found {
				break
			}
			if a := address(rest); a != "" {
				return a
			}
		}
	}
	return unresolved(t)
}

// address returns the "host:port" that s starts with, the remote one of "local->remote"; "" if there is none.
func address(s string) string {
	a, rest := hostPort(s)
	if remote, ok := strings.CutPrefix(rest, "->"); ok && a != "" {
		if b, _ := hostPort(remote); b != "" {
			return b
		}
	}
	return a
}

func hostPort(s string) (addr, rest string) {
	host := leading(s, nameByte)
	if strings.HasPrefix(s, "[") {
		inner, _, ok := strings.Cut(s[1:min(len(s), 64)], "]")
		if ip, err := netip.ParseAddr(inner); !ok || err != nil || !ip.Is6() || ip.Zone() != "" {
			return "", s
		}
		host = "[" + inner + "]"
	} else if !isHost(host) {
		return "", s
	}
	rest = s[len(host):]
	if !strings.HasPrefix(rest, ":") {
		return "", s
	}
	digits := leading(rest[1:], func(c byte) bool { return '0' <= c && c <= '9' })
	if port, err := strconv.ParseUint(digits, 10, 16); err != nil || port == 0 {
		return "", s
	}
	return host + ":" + digits, rest[1+len(digits):]
}

// unresolved returns the name that could not be resolved, from "lookup NAME: ..." or "lookup NAME on SERVER: ..."; "" if there
// is none.
func unresolved(t string) string {
	_, rest, ok := strings.Cut(t, ":lookup")
	if !ok {
		return ""
	}
	name := leading(rest, nameByte)
	switch rest = rest[len(name):]; {
	case strings.HasPrefix(rest, "["):
		name = strings.TrimSuffix(name, "on")
	case strings.HasPrefix(rest, ":"):
		for end := strings.LastIndex(name, "on"); end > 0; end = strings.LastIndex(name[:end], "on") {
			if _, err := netip.ParseAddr(name[end+len("on"):]); err == nil {
				name = name[:end]
				break
			}
		}
	}
	if !isHost(name) {
		return ""
	}
	return name
}

// webhook returns the name of the webhook in t, which is squeezed; "" if there is none.
func webhook(t string) string {
	for _, phrase := range []string{"callingwebhook", "admissionwebhook"} {
		_, rest, ok := strings.Cut(t, phrase) // squeezed
		if !ok {
			continue
		}
		name := leading(rest, nameByte)
		for _, word := range []string{"deniedtherequest", "doesnotsupportdry", "attemptedtomodify"} {
			if i := strings.Index(name, word); i > 0 {
				name = name[:i]
			}
		}
		if isHost(name) {
			return name
		}
	}
	return ""
}

// leading returns the longest prefix of s whose bytes are all in set, of at most 300 bytes: a DNS name and a word.
func leading(s string, set func(byte) bool) string {
	for i := range min(len(s), 300) {
		if !set(s[i]) {
			return s[:i]
		}
	}
	return s[:min(len(s), 300)]
}

func nameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '.' || c == '-' || c == '_'
}

// isHost reports whether s is an IPv4 address or a DNS name whose last label is not a number
// (https://www.rfc-editor.org/rfc/rfc1123#section-2.1).
func isHost(s string) bool {
	if len(s) > 253 {
		return false
	}
	if ip, err := netip.ParseAddr(s); err == nil {
		return ip.Is4()
	}
	for _, label := range strings.Split(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	last := s[strings.LastIndexByte(s, '.')+1:]
	return strings.Trim(last, "0123456789") != ""
}
