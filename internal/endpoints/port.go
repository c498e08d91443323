// Package endpoints evaluates Services: which pods a selector was meant for, which port of a pod a Service's port targets,
// which protocol is expected there, and which addresses the EndpointSlices should contain. It is pure.
package endpoints

import (
	"fmt"
	"strconv"
	"strings"
)

// Port is a Service's port.
type Port struct {
	Name        string `json:"name,omitempty"`
	Protocol    string `json:"protocol"` // TCP, UDP or SCTP
	AppProtocol string `json:"appProtocol,omitempty"`
	Number      int32  `json:"number"`
	TargetPort  string `json:"targetPort"` // a number, or the name of a container's port
}

// String returns the port as kubectl prints it, such as "80/TCP", preceded by its name if it has one.
func (p Port) String() string {
	s := fmt.Sprintf("%d/%s", p.Number, p.Protocol)
	if p.Name != "" {
		s = p.Name + " " + s
	}
	return s
}

// ContainerPort is a port that a container declares. This is documentation: it does not open the port.
type ContainerPort struct {
	Name     string `json:"name,omitempty"`
	Number   int32  `json:"number"`
	Protocol string `json:"protocol"`
}

// Probe is a container's probe.
type Probe struct {
	Kind                string `json:"kind"`           // http, https, tcp, grpc or exec
	Port                string `json:"port,omitempty"` // number or name
	Path                string `json:"path,omitempty"` // without the query
	Host                string `json:"host,omitempty"` // of its Host header; empty: the address of the pod
	TimeoutSeconds      int32  `json:"timeoutSeconds,omitempty"`
	PeriodSeconds       int32  `json:"periodSeconds,omitempty"`
	FailureThreshold    int32  `json:"failureThreshold,omitempty"`
	InitialDelaySeconds int32  `json:"initialDelaySeconds,omitempty"`
}

// Target returns the number of the pod's port that the Service's port targets: the number itself, or that of the first
// declared port with that name and the same protocol, as the endpoints controller does it
// (https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports). It reports false if no declared port
// has that name, or the number is invalid.
func (p Port) Target(declared []ContainerPort) (int32, bool) {
	if n, err := strconv.ParseInt(p.TargetPort, 10, 32); err == nil {
		return int32(n), n > 0 && n <= 65535
	}
	for _, c := range declared {
		if c.Name == p.TargetPort && c.Protocol == p.Protocol {
			return c.Number, true
		}
	}
	return 0, false
}

// Named reports whether targetPort is a name.
func (p Port) Named() bool {
	_, err := strconv.Atoi(p.TargetPort)
	return err != nil
}

// OtherProtocol reports whether the containers declare the target port, but only for another protocol.
func (p Port) OtherProtocol(declared []ContainerPort) bool {
	found := false
	for _, c := range declared {
		if p.Named() && c.Name != p.TargetPort || !p.Named() && strconv.Itoa(int(c.Number)) != p.TargetPort {
			continue
		}
		if c.Protocol == p.Protocol {
			return false
		}
		found = true
	}
	return found
}

// Declares reports whether a port with the number and protocol is declared.
func Declares(declared []ContainerPort, number int32, protocol string) bool {
	for _, c := range declared {
		if c.Number == number && c.Protocol == protocol {
			return true
		}
	}
	return false
}

// FormatPorts returns the declared ports as a list such as "http 8080/TCP, 9090/TCP"; empty if there are none.
func FormatPorts(declared []ContainerPort) string {
	names := make([]string, len(declared))
	for i, c := range declared {
		names[i] = Port{Name: c.Name, Number: c.Number, Protocol: c.Protocol}.String()
	}
	return strings.Join(names, ", ")
}
