package endpoints

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTarget(t *testing.T) {
	declared := []ContainerPort{{"http", 8080, "TCP"}, {"dns", 53, "UDP"}, {"dns-tcp", 53, "TCP"}}
	for _, c := range []struct {
		port  Port
		want  int32
		ok    bool
		other bool
	}{
		{Port{Protocol: "TCP", TargetPort: "9090"}, 9090, true, false},
		{Port{Protocol: "TCP", TargetPort: "http"}, 8080, true, false},
		{Port{Protocol: "TCP", TargetPort: "web"}, 0, false, false},
		{Port{Protocol: "TCP", TargetPort: "dns"}, 0, false, true},
		{Port{Protocol: "UDP", TargetPort: "8080"}, 8080, true, true},
		{Port{Protocol: "UDP", TargetPort: "53"}, 53, true, false},
		{Port{Protocol: "TCP", TargetPort: "0"}, 0, false, false},
		{Port{Protocol: "TCP", TargetPort: "70000"}, 70000, false, false},
	} {
		got, ok := c.port.Target(declared)
		if got != c.want || ok != c.ok || c.port.OtherProtocol(declared) != c.other {
			t.Errorf("%+v: %d %v, other protocol %v", c.port, got, ok, c.port.OtherProtocol(declared))
		}
	}
}

func TestExpect(t *testing.T) {
	probes := []Probe{{Kind: "http", Port: "web"}, {Kind: "exec"}}
	declared := []ContainerPort{{"web", 9000, "TCP"}}
	for _, c := range []struct {
		port     Port
		target   int32
		protocol string
		declared bool
	}{
		{Port{Name: "http", Protocol: "TCP"}, 1234, "http", true},
		{Port{Name: "https-admin", Protocol: "TCP"}, 1234, "https", true},
		{Port{Name: "grpc", Protocol: "TCP", Number: 80}, 1234, "tcp", true},
		{Port{Name: "http", AppProtocol: "kubernetes.io/h2c", Protocol: "TCP"}, 1234, "tcp", true},
		{Port{AppProtocol: "https", Protocol: "TCP"}, 1234, "https", true},
		{Port{Name: "metrics", Protocol: "TCP"}, 9000, "http", true},
		{Port{Number: 80, Protocol: "TCP"}, 1234, "http", false},
		{Port{Number: 7777, Protocol: "TCP"}, 8443, "https", false},
		{Port{Number: 7777, Protocol: "TCP"}, 1234, "tcp", false},
		{Port{Name: "http", Protocol: "UDP"}, 1234, "udp", false},
		{Port{Name: "dns-udp", Protocol: "UDP"}, 1234, "dns", true},
		{Port{AppProtocol: "dns", Protocol: "UDP"}, 1234, "dns", true},
		{Port{Name: "dns", Protocol: "TCP"}, 1234, "tcp", false},
		{Port{Name: "dnsmasq", Number: 53, Protocol: "UDP"}, 53, "udp", false},
	} {
		if e := Expect(c.port, c.target, declared, probes); e.Protocol != c.protocol || e.Declared != c.declared {
			t.Errorf("%+v to %d: %+v", c.port, c.target, e)
		}
	}
}

func TestNearest(t *testing.T) {
	candidates := []Candidate{
		{"deployment/web", 3, map[string]string{"app": "web", "tier": "front"}},
		{"deployment/shop", 2, map[string]string{"app": "shop", "tier": "back"}},
		{"pod/debug", 1, map[string]string{"run": "debug"}},
		{"deployment/renamed", 1, map[string]string{"app.kubernetes.io/name": "orders"}},
	}
	for _, c := range []struct {
		selector map[string]string
		service  string
		want     string
	}{
		{map[string]string{"app": "wed"}, "x", "deployment/web"},
		{map[string]string{"app": "shop", "tier": "front"}, "x", "deployment/shop"},
		{map[string]string{"app": "orders"}, "x", "deployment/renamed"},
		{map[string]string{"app": "nothing-like-it"}, "shop", "deployment/shop"},
		{map[string]string{"app": "nothing-like-it"}, "x", ""},
	} {
		got := ""
		if near := Nearest(c.selector, c.service, candidates); len(near) > 0 {
			got = near[0].Ref
		}
		if got != c.want {
			t.Errorf("%v: %q, want %q", c.selector, got, c.want)
		}
	}
	ds := Differences(map[string]string{"a": "1", "b": "2"}, map[string]string{"a": "3"})
	want := []Difference{{Key: "a", Want: "1", Have: "3"}, {Key: "b", Want: "2", Missing: true}}
	if diff := cmp.Diff(want, ds); diff != "" {
		t.Error(diff)
	}
}

func TestAddresses(t *testing.T) {
	port := Port{Name: "http", Protocol: "TCP"}
	slices := []Slice{
		{
			Ports:     []SlicePort{{"http", 80, "TCP"}},
			Endpoints: []Endpoint{{"10.0.0.2", "b", true}, {"10.0.0.1", "a", true}, {"10.0.0.3", "c", false}},
		},
		{Ports: []SlicePort{{"other", 80, "TCP"}}, Endpoints: []Endpoint{{"10.0.0.9", "x", true}}},
		{Ports: []SlicePort{{"http", 80, "TCP"}}, Endpoints: []Endpoint{{"10.0.0.1", "a", true}}},
	}
	have := Addresses(port, slices)
	if diff := cmp.Diff([]Address{{"10.0.0.1", 80}, {"10.0.0.2", 80}}, have); diff != "" {
		t.Error(diff)
	}
	missing, foreign := DiffAddresses([]Address{{"10.0.0.1", 80}, {"10.0.0.4", 80}}, have)
	if diff := cmp.Diff([]Address{{"10.0.0.4", 80}}, missing) + cmp.Diff([]Address{{"10.0.0.2", 80}}, foreign); diff != "" {
		t.Error(diff)
	}
}

func FuzzNearest(f *testing.F) {
	f.Add("app", "web", "app", "wed", "svc")
	f.Fuzz(func(t *testing.T, key, want, other, have, service string) {
		selector, labels := map[string]string{key: want}, map[string]string{other: have}
		near := Nearest(selector, service, []Candidate{{"deployment/" + have, 1, labels}})
		selected := len(Differences(selector, labels)) == 0
		if selected != (key == other && want == have) || selected && len(near) != 1 {
			t.Errorf("selected %v, near %v", selected, near)
		}
	})
}

func FuzzPort(f *testing.F) {
	f.Add("http", "TCP", "https", "8080", "http", int32(80))
	f.Fuzz(func(t *testing.T, name, protocol, app, target, declaredName string, number int32) {
		p := Port{Name: name, Protocol: protocol, AppProtocol: app, Number: number, TargetPort: target}
		declared := []ContainerPort{{declaredName, number, protocol}}
		n, ok := p.Target(declared)
		if p.OtherProtocol(declared) {
			t.Error("the protocol is the same")
		}
		if e := Expect(p, n, declared, []Probe{{Kind: "http", Port: target}}); e.Protocol == "" && protocol != "" {
			t.Errorf("nothing is expected: %+v, target found %v", e, ok)
		}
	})
}

func TestCorrection(t *testing.T) {
	for name, c := range map[string]struct {
		selector, labels map[string]string
		want             string
		sure             bool
	}{
		"typo":               {map[string]string{"app": "shopp"}, map[string]string{"app": "shop", "x": "y"}, "app=shop", true},
		"typo of an own key": {map[string]string{"part": "webb"}, map[string]string{"part": "web"}, "part=web", true},
		"one label too many": {map[string]string{"app": "web", "tier": "back"}, map[string]string{"app": "web"}, "app=web tier=-", true},
		"another key": {
			map[string]string{"app": "orders"},
			map[string]string{"app.kubernetes.io/name": "orders"},
			"app=- app.kubernetes.io/name=orders", true,
		},
		"nothing is left": {map[string]string{"app": "orders"}, map[string]string{"role": "x"}, "app=-", false},
		"what is left is common": {
			map[string]string{"app": "web", "tier": "front"},
			map[string]string{"role": "x", "tier": "front"},
			"app=- tier=front", false,
		},
	} {
		changes, sure := Correction(c.selector, c.labels)
		var got []string
		for _, key := range slices.Sorted(maps.Keys(changes)) {
			value := "-"
			if changes[key] != nil {
				value = *changes[key]
			}
			got = append(got, key+"="+value)
		}
		if strings.Join(got, " ") != c.want || sure != c.sure {
			t.Errorf("%s: %v, %v", name, got, sure)
		}
	}
}

// TestPodLabels: a Service that selects a single pod is not corrected to select all of them.
func TestPodLabels(t *testing.T) {
	selector := map[string]string{"app": "db", "statefulset.kubernetes.io/pod-name": "db-0"}
	if _, sure := Correction(selector, map[string]string{"app": "db"}); sure {
		t.Error("the label of one pod is dropped")
	}
	if diff := cmp.Diff(map[string]string{"app": "db"}, WithoutPodLabels(selector)); diff != "" {
		t.Error(diff)
	}
}
