package facts

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestServiceAt: of the Services that share an address, the oldest with a web port is the one that takes requests there.
func TestServiceAt(t *testing.T) {
	at := func(name string, age time.Duration, protocol corev1.Protocol, port int32, addresses ...string) *corev1.Service {
		s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: metav1.NewTime(time.Now().Add(-age))}}
		s.Spec.Ports = []corev1.ServicePort{{Port: port, Protocol: protocol}}
		for _, a := range addresses {
			s.Status.LoadBalancer.Ingress = append(s.Status.LoadBalancer.Ingress, corev1.LoadBalancerIngress{IP: a})
		}
		return s
	}
	list := []*corev1.Service{
		at("other-port", 5*time.Hour, "TCP", 5432, "192.0.2.1"), at("http3", 4*time.Hour, "UDP", 443, "192.0.2.1"),
		at("elsewhere", 4*time.Hour, "TCP", 443, "192.0.2.2"),
		at("controller", 3*time.Hour, "TCP", 443, "2001:db8::1", "192.0.2.1"), at("squatter", time.Hour, "TCP", 80, "192.0.2.1"),
	}
	if s := serviceAt(list, "192.0.2.1", []int32{80, 443}); s == nil || s.Name != "controller" {
		t.Errorf("%+v", s)
	}
	if s := serviceAt(list, "192.0.2.1", []int32{5432}); s == nil || s.Name != "other-port" {
		t.Errorf("%+v", s)
	}
	if s := serviceAt(list, "192.0.2.2", nil); s == nil || s.Name != "elsewhere" {
		t.Errorf("%+v", s)
	}
	if s := serviceAt(list, "192.0.2.9", []int32{80, 443}); s != nil {
		t.Errorf("%+v", s)
	}
}
