package errtext

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"strings"
	"time"
)

// plain are typical values of the placeholders.
var plain = map[string]string{
	"ip": "10.224.0.5", "local": "127.0.0.1", "dns": "168.63.129.16", "port": "443", "secs": "10", "line": "238",
	"klog": "1121 10:00:00.123456    1234",
	"node": "aks-nodepool1-12345678-vmss000000", "ns": "default", "pod": "web-7d9f8b6c5-x2x4z", "ctr": "web", "svc": "webhook-service",
	"hook": "validate.nginx.ingress.kubernetes.io", "fqdn": "aks-demo-1a2b3c4d.hcp.westeurope.azmk8s.io", "img": "app", "ver": "1.34.2",
	"sock": "/run/konnectivity.sock", "uds": "/tunnel-uds/proxysocket",
}

// fill replaces the placeholders in text.
func fill(text string, values map[string]string) string {
	var pairs []string
	for k, v := range values {
		pairs = append(pairs, "{"+k+"}", v)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// others returns random values, among them names that look like errors.
func others(r *rand.Rand) map[string]string {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	name := func() string {
		switch r.IntN(4) {
		case 0:
			return pick(
				"eof", "timeout", "forbidden", "x509", "no-route-to-host", "connection-refused", "tunnel-agent",
				"geoffrey", "exit", "lookup", "on",
			)
		default:
			b := make([]byte, 1+r.IntN(24))
			for i := range b {
				b[i] = "abcdefghijklmnopqrstuvwxyz0123456789-"[r.IntN(37)]
			}
			b[0], b[len(b)-1] = 'k', 'z'
			return string(b)
		}
	}
	host := func() string {
		if r.IntN(3) == 0 {
			var b [16]byte
			for i := range b {
				b[i] = byte(r.IntN(256))
			}
			b[0] = 0xfd
			return "[" + netip.AddrFrom16(b).String() + "]"
		}
		return fmt.Sprintf("%d.%d.%d.%d", 1+r.IntN(223), r.IntN(256), r.IntN(256), 1+r.IntN(254))
	}
	number := func(most int) string { return fmt.Sprint(1 + r.IntN(most)) }
	return map[string]string{
		"ip": host(), "local": host(), "dns": host(), "secs": number(60), "line": number(999), "ver": "1." + number(40) + "." + number(20),
		"port": pick("443", "4443", "6443", "8443", "9443", "10260"),
		"klog": fmt.Sprintf(
			"%02d%02d %02d:%02d:%02d.%06d %7d", 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60),
			r.IntN(1e6), 1+r.IntN(99999),
		),
		"node": pick("aks-"+name()+"-vmss00000a", "aksnpwin00000"+number(9), name(), name()+".internal.example"),
		"ns":   name(), "pod": name(), "ctr": name(), "svc": name(), "img": name(),
		"hook": name() + "." + name() + ".io", "fqdn": name() + ".hcp." + pick("eastus", "westeurope", "icon1") + ".azmk8s.io",
		"sock": pick(
			"/tunnel-uds/"+name(), "/run/konnectivity-server/"+name()+".socket", "/var/run/"+name()+".sock",
			"127.0.0.1:6443", host()+":8131",
		),
		// a name ends no path that a colon follows: "x509:" begins an error
		"uds": pick("/tunnel-uds/"+name(), "/run/konnectivity-server/"+name()+".socket", "/etc/konnectivity/"+name()+"/uds"),
	}
}

var guid = regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`)

// traced replaces IDs by random ones, and adds to an error of Entra ID those of the request and its time.
func traced(text string, r *rand.Rand) string {
	id := func(string) string {
		return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<16), r.IntN(1<<16), r.Int64N(1<<48))
	}
	if strings.Contains(text, "AADSTS") {
		at := time.Unix(r.Int64N(1<<32), 0).UTC().Format("2006-01-02 15:04:05Z")
		text = strings.TrimSuffix(text, ".") + ". Trace ID: " + id("") + " Correlation ID: " + id("") + " Timestamp: " + at
	}
	return guid.ReplaceAllStringFunc(text, id)
}

// disguise changes text as it may be when pasted: wrapped anywhere, colored, escaped, without quotes, or after other text.
func disguise(text string, r *rand.Rand) string {
	switch r.IntN(9) {
	case 0:
		at := r.IntN(len(text) + 1)
		return text[:at] + "\n" + text[at:]
	case 1: // wrapped by a terminal
		var b strings.Builder
		for width := 20 + r.IntN(100); len(text) > width; text = text[width:] {
			b.WriteString(text[:width] + "\r\n    ")
		}
		return b.String() + text
	case 2:
		return "\x1b[31m" + strings.ReplaceAll(text, ": ", ":\x1b[0m \x1b[1;33m") + "\x1b[0m"
	case 3:
		return strings.ReplaceAll(text, `"`, `\"`)
	case 4:
		return strings.NewReplacer(`"`, "", `\`, "").Replace(text)
	case 5:
		return `"` + strings.ReplaceAll(text, `"`, "“") + `"`
	case 6:
		return "  error: \t" + text + "\n\n"
	case 7:
		return strings.ToUpper(text[:min(1, len(text))]) + strings.ReplaceAll(text[min(1, len(text)):], " ", "\u00a0")
	default:
		return text
	}
}
