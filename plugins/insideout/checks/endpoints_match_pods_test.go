package checks

import (
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// podAt returns a pod with the addresses, of which the first is that of the Service's IP family, and with port http, 8080.
func podAt(ready bool, ips ...string) podhealth.Pod {
	p := podhealth.Pod{Name: "web-" + ips[0], IP: ips[0], IPs: ips, Phase: "Running", Containers: []podhealth.Container{{
		Name: "web", Ports: []endpoints.ContainerPort{{Name: "http", Number: 8080, Protocol: "TCP"}},
	}}}
	if ready {
		p.Conditions = []podhealth.Condition{{Type: "Ready", Status: "True"}}
	}
	return p
}

// sliceOf returns the controller's EndpointSlice of Ready endpoints.
func sliceOf(port int32, addresses ...string) endpoints.Slice {
	s := endpoints.Slice{
		Name: "shop-abc", ManagedBy: "endpointslice-controller.k8s.io",
		Ports: []endpoints.SlicePort{{Name: "web", Number: port, Protocol: "TCP"}},
	}
	for _, a := range addresses {
		s.Endpoints = append(s.Endpoints, endpoints.Endpoint{Address: a, Ready: true})
	}
	return s
}

// The EndpointSlices must list the Ready pods and nothing else. Pods that come or go may be listed or not.
func TestEndpointDifferences(t *testing.T) {
	const ipA, ipB, stale = "10.244.0.1", "10.244.0.2", "10.9.9.9"
	a, b, v6, unnamed := podAt(true, ipA), podAt(true, ipB), podAt(true, "fd00::1", ipA), podAt(true, ipA)
	unnamed.Containers = nil
	unready, deleting := podAt(false, ipB), podAt(true, ipB)
	deleting.Deleting = true
	notReady := sliceOf(8080, ipA)
	notReady.Endpoints[0].Ready = false
	byHand := sliceOf(8080, stale)
	byHand.Name, byHand.ManagedBy = "by-hand", ""
	type pods = []podhealth.Pod
	type slices = []endpoints.Slice
	const controller = "the EndpointSlice controller is not running or far behind"
	for name, c := range map[string]struct {
		pods     pods
		slices   slices
		severity check.Severity
		want     []string // parts of summary and cause; empty: no finding
	}{
		"nothing at all":                {},
		"the same":                      {pods: pods{a, b}, slices: slices{sliceOf(8080, ipB, ipA)}},
		"in two slices, one twice":      {pods: pods{a, b}, slices: slices{sliceOf(8080, ipA), sliceOf(8080, ipB, ipA)}},
		"no slice":                      {pods{a}, nil, check.Error, []string{"lack 1 of 1 Ready pods", controller, "missing: " + ipA + ":8080"}},
		"one of two is missing":         {pods{a, b}, slices{sliceOf(8080, ipB)}, check.Warning, []string{"lack 1 of 2", ipA + ":8080"}},
		"listed as not ready":           {pods{a}, slices{notReady}, check.Error, []string{"lack 1 of 1"}},
		"the wrong port":                {pods{a}, slices{sliceOf(80, ipA)}, check.Error, []string{"lack 1 of 1", ipA + ":8080"}},
		"an unready pod, not listed":    {pods: pods{a, unready}, slices: slices{sliceOf(8080, ipA)}},
		"an unready pod, listed":        {pods{a, unready}, slices{sliceOf(8080, ipA, ipB)}, check.Warning, []string{"list 1 addresses"}},
		"being deleted, listed":         {pods: pods{a, deleting}, slices: slices{sliceOf(8080, ipA, ipB)}},
		"being deleted, not listed":     {pods: pods{a, deleting}, slices: slices{sliceOf(8080, ipA)}},
		"IPv6, with the IPv4 slice too": {pods: pods{v6}, slices: slices{sliceOf(8080, "fd00::1"), sliceOf(8080, ipA)}},
		"IPv6, only the IPv4 slice":     {pods{v6}, slices{sliceOf(8080, ipA)}, check.Error, []string{"lack 1 of 1", "fd00::1:8080"}},
		"without the port's name":       {pods: pods{unnamed}, slices: slices{sliceOf(8080)}},
		"an address by hand": {
			pods{a}, slices{sliceOf(8080, ipA), byHand}, check.Warning, []string{"list 1", "by-hand adds " + stale + "; it is managed by nobody"},
		},
		"a stale address": {
			pods{a}, slices{sliceOf(8080, ipA, stale)}, check.Warning, []string{"list 1", controller, "to remove: " + stale},
		},
		"one missing, one stale": {pods{a}, slices{sliceOf(8080, stale)}, check.Error, []string{"lack 1 of 1 Ready pods and list 1"}},
		"no pods, many stale": {
			nil, slices{sliceOf(8080, "10.9.9.1", "10.9.9.2", "10.9.9.3", "10.9.9.4")}, check.Warning, []string{"list 4", "10.9.9.3:8080, ..."},
		},
	} {
		port := endpoints.Port{Name: "web", Number: 80, Protocol: "TCP", TargetPort: "http"}
		s := facts.ServiceInfo{Namespace: "shop", Name: "shop", Ports: []endpoints.Port{port}}
		fs := endpointDifferences(s, facts.PodList{Items: c.pods}, c.slices)
		if len(c.want) == 0 || len(fs) != 1 {
			if len(c.want) > 0 || len(fs) > 0 {
				t.Errorf("%s: %d findings: %+v", name, len(fs), fs)
			}
			continue
		}
		for _, part := range c.want {
			if text := fs[0].Summary + " " + fs[0].Cause; !strings.Contains(text, part) || fs[0].Severity != c.severity {
				t.Errorf("%s: %s %q, want %s %q", name, fs[0].Severity, text, c.severity, part)
			}
		}
	}
}
