package facts

import (
	"testing"

	"github.com/akstools/akstools/internal/endpoints"
)

// What bundles hold of a Service's port is matched with the port again.
func TestControllerPassageFrom(t *testing.T) {
	for key, port := range map[string]endpoints.Port{
		"80/TCP": {Number: 80, Protocol: "TCP"}, "dns 53/UDP": {Name: "dns", Number: 53, Protocol: "UDP"},
	} {
		p := ControllerPolicyResult{Service: key}
		if !p.For(port) {
			t.Errorf("%s is not port %+v", key, port)
		}
		if port.Number++; p.For(port) {
			t.Errorf("%s is port %+v", key, port)
		}
	}
}
