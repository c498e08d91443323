package azurelb

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// made is what Azure's cloud provider has made of a Service in the lab (test/e2e/azureprovider_test.go).
type made struct {
	Internal bool
	Rules    []struct {
		Protocol string
		Port     int32
		Probe    *struct {
			Protocol, Path string
			Port           int32
		}
	}
	Security []string
	Failure  string
}

// known are Services for which FromService differs from the cloud provider, and how.
var known = map[string]string{
	"another-class":      "rules: the provider makes none, and FromService does not look at the class, which its callers do",
	"bad-and-good-range": "sources: a range that is not valid is none, and closes the frontend to all that no valid range allows",
	"bad-range":          "sources: a range that is not valid closes the frontend",
	"blank-port":         "an annotation without a value counts: the provider fails",
	"both-ranges":        "both kinds of ranges together make the provider fail, even to delete the Service",
	"ha-ports":           "one rule of all protocols and ports, with the first port's probe",
	"host-bits":          "sources: a range with host bits is not valid, and closes the frontend",
	"sctp":               "the provider fails for SCTP, unless the load balancer is internal",
	"slow":               "the provider fails where interval and number of probes make 120 s or more",
}

// TestProvider compares FromService with what the cloud provider makes of the same Services.
func TestProvider(t *testing.T) {
	const dir = "../../test/e2e/testdata/provider/"
	file, err := os.ReadFile(dir + "services.yaml")
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(dir + "azure.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]made
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(file), "\n---\n") // after the comment
	for doc := range strings.SplitSeq(text, "\n---\n") {
		var s corev1.Service
		if err := yaml.UnmarshalStrict([]byte(doc), &s); err != nil {
			t.Fatal(err)
		}
		want, ok := all[s.Name]
		if !ok {
			t.Fatalf("azure.json lacks %s: write it with the lab", s.Name)
		}
		diff := cmp.Diff(want.comparable(), FromService(&s).comparable())
		if why, ok := known[s.Name]; ok != (diff != "") {
			t.Errorf("%s: known to differ is %v (%s) (-provider +FromService):\n%s", s.Name, ok, why, diff)
		}
	}
}

// comparison is what both have.
type comparison struct {
	Fails    bool
	Internal bool
	Rules    []Rule
	Sources  []string // none: all
	Closed   bool
}

func (m made) comparable() comparison {
	c := comparison{Fails: m.Failure != "", Internal: m.Internal}
	for _, r := range m.Rules {
		rule := Rule{Protocol: strings.ToUpper(r.Protocol), Port: r.Port}
		if p := r.Probe; p != nil {
			rule.Probe = &Probe{Scheme: strings.ToLower(p.Protocol), Port: p.Port, Path: p.Path}
		}
		c.Rules = append(c.Rules, rule)
	}
	for _, s := range m.Security {
		words := strings.Fields(s)
		c.Closed = c.Closed || words[0] == "Deny"
		if words[0] == "Allow" && words[2] != "Internet" {
			c.Sources = append(c.Sources, strings.Split(words[2], ",")...)
		}
	}
	c.sort()
	return c
}

func (lb *LoadBalancer) comparable() comparison {
	c := comparison{Internal: lb.Internal, Sources: lb.Sources}
	for _, r := range lb.Rules {
		rule := Rule{Protocol: r.Protocol, Port: r.Port}
		if p := r.Probe; p != nil {
			rule.Probe = &Probe{Scheme: p.Scheme, Port: p.Port, Path: p.Path}
		}
		c.Rules = append(c.Rules, rule)
	}
	c.sort()
	return c
}

func (c *comparison) sort() {
	slices.Sort(c.Sources)
	slices.SortFunc(c.Rules, func(a, b Rule) int { return int(a.Port - b.Port) })
}
