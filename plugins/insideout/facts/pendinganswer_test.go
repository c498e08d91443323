package facts

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/endpoints"
)

// TestDropClaimedPorts: a port that another port of the Service targets is not taken for the one that this port meant.
func TestDropClaimedPorts(t *testing.T) {
	web, secure := endpoints.Port{Name: "http", Protocol: "TCP", Number: 80}, endpoints.Port{Name: "https", Protocol: "TCP", Number: 443}
	items := []AppAnswer{
		{Pod: "a", Host: "10.0.0.1", Service: web, Port: 8080},
		{Pod: "a", Host: "10.0.0.1", Service: secure, Port: 8443, Others: []int32{8080, 15090}},
		{Pod: "b", Host: "10.0.0.2", Service: secure, Port: 8443, Others: []int32{8080}},
	}
	dropClaimedPorts(items)
	if diff := cmp.Diff([]int32{15090}, items[1].Others); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int32{8080}, items[2].Others); diff != "" {
		t.Errorf("of another pod: %s", diff)
	}
}

// TestServiceOfExternalName: a selector that is left from an earlier type is ignored, as Kubernetes does.
func TestServiceOfExternalName(t *testing.T) {
	s := &corev1.Service{Spec: corev1.ServiceSpec{
		Type: corev1.ServiceTypeExternalName, ExternalName: "db.example.com", Selector: map[string]string{"app": "db"},
	}}
	if info, _ := ServiceOf(s); len(info.Selector) > 0 || info.ExternalName == "" {
		t.Errorf("%+v", info)
	}
	s.Spec.Type = corev1.ServiceTypeClusterIP
	if info, _ := ServiceOf(s); len(info.Selector) == 0 || info.ExternalName != "" {
		t.Errorf("%+v", info)
	}
}
