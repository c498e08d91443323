package facts

import (
	"testing"

	"github.com/akstools/akstools/internal/endpoints"
)

func TestServiceOfHost(t *testing.T) {
	for host, want := range map[string]string{
		"db": "shop/db", "db.data": "data/db", "db.data.svc": "data/db", "db.data.svc.cluster.local.": "data/db",
		"db-0.db.data.svc.cluster.local": "data/db", "10.0.0.1": "", "www.example.com": "", "": "", "svc": "shop/svc",
	} {
		name, namespace, ok := serviceOfHost(host, "shop")
		got := ""
		if ok {
			got = namespace + "/" + name
		}
		if got != want {
			t.Errorf("%q: %q, want %q", host, got, want)
		}
	}
}

func TestHeadlessPort(t *testing.T) {
	port := func(target string) endpoints.Port {
		return endpoints.Port{Number: 80, TargetPort: target, Protocol: "TCP"}
	}
	for name, c := range map[string]struct {
		service ServiceInfo
		want    string
	}{
		"mapped":       {ServiceInfo{Headless: true, Ports: []endpoints.Port{port("8080")}}, "8080"},
		"by name":      {ServiceInfo{Headless: true, Ports: []endpoints.Port{port("http")}}, "http"},
		"the same":     {ServiceInfo{Headless: true, Ports: []endpoints.Port{port("80")}}, ""},
		"not headless": {ServiceInfo{Ports: []endpoints.Port{port("8080")}}, ""},
		"another port": {ServiceInfo{Headless: true, Ports: []endpoints.Port{{Number: 81, TargetPort: "8080", Protocol: "TCP"}}}, ""},
	} {
		if got := (NamedServiceInfo{Service: c.service}).HeadlessPort(80); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := (NamedServiceInfo{Service: ServiceInfo{ExternalName: "10.1.2.3"}}).ExternalAddress(); got != "10.1.2.3" {
		t.Error(got)
	}
}
