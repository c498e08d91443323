package endpoints

import (
	"strconv"
	"strings"
)

// Expected is the application protocol that is expected on a port.
type Expected struct {
	Protocol string `json:"protocol"` // http, https, or dns over UDP; tcp, udp or sctp if nothing more specific is expected
	// Declared reports whether the Service or the pod declares the protocol. Otherwise it is a convention for the port's
	// number, and deviating from it is not a fault.
	Declared bool   `json:"declared,omitempty"`
	By       string `json:"by,omitempty"` // where it is declared, such as "the port's name http"; empty if it is not
}

// Expect returns the protocol that is expected on the Service's port, whose target is the given port of the pod. It is taken
// from appProtocol (https://kubernetes.io/docs/concepts/services-networking/service/#application-protocol), from the port's
// name as service meshes do, from an HTTP probe of the target port, or from the port's number, in this order.
func Expect(p Port, target int32, declared []ContainerPort, probes []Probe) Expected {
	if p.Protocol != "TCP" {
		return expectOther(p)
	}
	if p.AppProtocol != "" {
		return Expected{spoken(p.AppProtocol, true), true, "appProtocol " + p.AppProtocol}
	}
	if known := spoken(p.Name, false); known != "" {
		return Expected{known, true, "the port's name " + p.Name}
	}
	for _, probe := range probes {
		n, ok := (Port{TargetPort: probe.Port, Protocol: "TCP"}).Target(declared)
		if ok && n == target && strings.HasPrefix(probe.Kind, "http") {
			return Expected{probe.Kind, true, "an " + strings.ToUpper(probe.Kind) + " probe of port " + strconv.Itoa(int(target))}
		}
	}
	for _, number := range []int32{p.Number, target} {
		switch number {
		case 80, 8080:
			return Expected{Protocol: "http"}
		case 443, 8443:
			return Expected{Protocol: "https"}
		}
	}
	return Expected{Protocol: "tcp"}
}

// expectOther is Expect for protocols other than TCP.
func expectOther(p Port) Expected {
	word, _, _ := strings.Cut(strings.ToLower(p.Name), "-")
	switch {
	case p.Protocol == "UDP" && strings.EqualFold(p.AppProtocol, "dns"):
		return Expected{"dns", true, "appProtocol " + p.AppProtocol}
	case p.Protocol == "UDP" && word == "dns":
		return Expected{"dns", true, "the port's name " + p.Name}
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
