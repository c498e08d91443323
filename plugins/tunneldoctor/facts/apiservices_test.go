package facts

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/podhealth"
)

// Only APIs with a Service are forwarded through the tunnel. An API whose condition is missing is kept: it is requested anyway.
// Messages have no control characters.
func TestParseAPIServices(t *testing.T) {
	service := check.Ref{Kind: "service", Namespace: "kube-system", Name: "metrics-server"}
	const spec = `"spec":{"service":{"namespace":"kube-system","name":"metrics-server"}}`
	for name, c := range map[string]struct {
		items string
		want  []AggregatedAPI
	}{
		"none":               {``, []AggregatedAPI{}},
		"a local one":        {`{"metadata":{"name":"v1.apps"},"spec":{}}`, []AggregatedAPI{}},
		"a Service of null":  {`{"metadata":{"name":"v1.apps"},"spec":{"service":null}}`, []AggregatedAPI{}},
		"one without status": {`{"metadata":{"name":"v1.x"},` + spec + `}`, []AggregatedAPI{{Name: "v1.x", Service: service, Port: 443}}},
		"a local one and two with Services": {
			`{"metadata":{"name":"v1.a"},` + spec + `},{"metadata":{"name":"v1."}},{"metadata":{"name":"v1.b"},` + spec + `}`,
			[]AggregatedAPI{{Name: "v1.a", Service: service, Port: 443}, {Name: "v1.b", Service: service, Port: 443}},
		},
		"only the condition Available": {
			`{"metadata":{"name":"v1.x"},` + spec + `,"status":{"conditions":[{"type":"Other","status":"True"},
				{"type":"Available","status":"False","reason":"FailedDiscoveryCheck","message":"no response\u001b[31m"},
				{"type":"Another","status":"True"}]}}`,
			[]AggregatedAPI{{Name: "v1.x", Service: service, Port: 443, Available: podhealth.Condition{
				Type: "Available", Status: "False", Reason: "FailedDiscoveryCheck", Message: "no response\ufffd[31m",
			}}},
		},
	} {
		got, err := parseAPIServices([]byte(`{"items":[` + c.items + `]}`))
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
	for _, text := range []string{"", "no JSON", `{"items":{}}`} {
		if got, err := parseAPIServices([]byte(text)); err == nil {
			t.Errorf("%q is parsed: %+v", text, got)
		}
	}
}

// The version ends at the first dot, and a group may contain dots.
func TestSplitName(t *testing.T) {
	for name, want := range map[string][2]string{
		"v1beta1.metrics.k8s.io": {"v1beta1", "metrics.k8s.io"},
		"v1.apps":                {"v1", "apps"},
		"v1.":                    {"v1", ""},
		"v1":                     {"v1", ""},
		"":                       {"", ""},
	} {
		version, group := splitName(name)
		if got := [2]string{version, group}; got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
