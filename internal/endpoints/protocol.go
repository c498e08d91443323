package endpoints

import (
	"strconv"
	"strings"
)

// Expected is what is expected to be spoken on a port.
type Expected struct {
	Protocol string `json:"protocol"` // http, https, or dns by UDP; tcp, udp or sctp: nothing more is expected
	// Declared says that the Service or the pod says so; else it is the custom of the port's number, by which nobody can be
	// blamed.
	Declared bool   `json:"declared,omitempty"`
	By       string `json:"by,omitempty"` // what says so, such as "port name http"
}

// Expect returns what is expected on the Service's port that leads to the target port: by appProtocol
// (https://kubernetes.io/docs/concepts/services-networking/service/#application-protocol), by the port's name as it is
// the custom of meshes, by an HTTP probe of that port, or by the number.
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
		if n, ok := (Port{TargetPort: probe.Port, Protocol: "TCP"}).Target(declared); ok && n == target && strings.HasPrefix(probe.Kind, "http") {
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

// expectOther is Expect for what is not TCP.
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

// spoken maps an appProtocol, or a port's name whose first word is one, to what we can speak. all says that every value
// means something.
func spoken(name string, all bool) string {
	word, _, _ := strings.Cut(strings.ToLower(name), "-")
	if all {
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
	if all {
		return "tcp"
	}
	return ""
}
