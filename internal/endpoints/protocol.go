package endpoints

import (
	"strconv"
	"strings"
)

// Expected is the application protocol that is expected on a port.
type Expected struct {
	Protocol string `json:"protocol"` // http, https, or dns over UDP; tcp, udp or sctp if nothing more specific is expected
	// Declared reports whether the Service or the pod declares the protocol. Otherwise it is a convention for the port's
	// number, and deviating from it is not a fault, except silence where Usual.
	Declared bool   `json:"declared,omitempty"`
	By       string `json:"by,omitempty"` // where it comes from, such as "the port's name http"; empty: from nowhere
	// Usual means that nothing names the port: its number alone promises the protocol, so that silence on it is a fault.
	Usual bool `json:"usual,omitempty"`
}

// Expect returns the protocol that is expected on the Service's port, whose target is the given port of the pod. It is taken
// from appProtocol (https://kubernetes.io/docs/concepts/services-networking/service/#application-protocol), from the port's
// name as service meshes do, from an HTTP probe of the target port, or from the port's number, in this order.
func Expect(p Port, target int32, declared []ContainerPort, probes []Probe) Expected {
	if p.Protocol != "TCP" {
		return expectOther(p)
	}
	if p.AppProtocol != "" {
		return Expected{Protocol: spoken(p.AppProtocol, true), Declared: true, By: "appProtocol " + p.AppProtocol}
	}
	if known := spoken(p.Name, false); known != "" {
		return Expected{Protocol: known, Declared: true, By: "the port's name " + p.Name}
	}
	for _, probe := range probes {
		n, ok := (Port{TargetPort: probe.Port, Protocol: "TCP"}).Target(declared)
		if ok && n == target && strings.HasPrefix(probe.Kind, "http") {
			return Expected{
				Protocol: probe.Kind,
				Declared: true,
				By:       "an " + strings.ToUpper(probe.Kind) + " probe of port " + strconv.Itoa(int(target)),
			}
		}
	}
	name := declaredName(declared, target)
	if known := spoken(name, false); known != "" {
		return Expected{Protocol: known, Declared: true, By: "the name " + name + " of the container's port"}
	}
	for _, number := range []int32{p.Number, target} {
		protocol := map[int32]string{80: "http", 8080: "http", 443: "https", 8443: "https"}[number]
		if protocol != "" {
			return Expected{Protocol: protocol, Usual: p.Name == "" && name == "", By: "the port's number " + strconv.Itoa(int(number))}
		}
	}
	return Expected{Protocol: "tcp"}
}

// declaredName returns the name of the declared TCP port with the number; empty if it has none.
func declaredName(declared []ContainerPort, number int32) string {
	for _, c := range declared {
		if c.Number == number && (c.Protocol == "" || c.Protocol == "TCP") {
			return c.Name
		}
	}
	return ""
}

// expectOther is Expect for protocols other than TCP.
func expectOther(p Port) Expected {
	word, _, _ := strings.Cut(strings.ToLower(p.Name), "-")
	switch {
	case p.Protocol == "UDP" && strings.EqualFold(p.AppProtocol, "dns"):
		return Expected{Protocol: "dns", Declared: true, By: "appProtocol " + p.AppProtocol}
	case p.Protocol == "UDP" && word == "dns":
		return Expected{Protocol: "dns", Declared: true, By: "the port's name " + p.Name}
	}
	return Expected{Protocol: strings.ToLower(p.Protocol)}
}

// spoken returns the protocol to speak for an appProtocol, or else for the port name, whose first word may be a protocol:
// http, https or tcp. It is empty for a port name that is no protocol; an unknown appProtocol is tcp.
func spoken(name string, appProtocol bool) string {
	word, _, _ := strings.Cut(strings.ToLower(name), "-")
	if appProtocol {
		word = strings.TrimPrefix(strings.ToLower(name), "kubernetes.io/")
	}
	switch word {
	case "http", "http1", "ws":
		return "http"
	case "https", "wss":
		return "https"
	case "tcp", "grpc", "http2", "h2c", "mongo", "mysql", "redis", "tls", "amqp", "kafka", "postgres":
		return "tcp"
	}
	if appProtocol {
		return "tcp"
	}
	return ""
}
