package loadbalancer

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// known are Services for which the imitation differs from the cloud provider, and how. Labs without Azure have it.
var known = map[string]string{
	"another-class":      "the service controller does not ask for Services of another class",
	"local":              "probes of pods on the node have the pace of annotations for the port healthCheckNodePort, not for the own ports",
	"local-pace":         "the same",
	"spaces":             "the values of no_probe_rule and no_lb_rule are not trimmed",
	"allowed-ranges":     "annotations for sources are not imitated",
	"old-ranges":         "the same",
	"both-ranges":        "the same",
	"tags":               "the same",
	"bad-range":          "the same",
	"bad-and-good-range": "the same",
	"host-bits":          "the same",
	"ha-ports":           "rules of all ports are not imitated",
}

// TestProvider compares the imitation with what Azure's cloud provider makes of the same Services (test/e2e/azureprovider_test.go).
func TestProvider(t *testing.T) {
	const dir = "../../../e2e/testdata/provider/"
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
		f, err := newFrontend(&s, netip.Addr{}, nil)
		got := "fails"
		if err == nil {
			got = f.text()
		}
		if why, ok := known[s.Name]; ok != (got != all[s.Name].text()) {
			t.Errorf("%s: known to differ is %v (%s)\nthe provider: %s\nthe imitation: %s", s.Name, ok, why, all[s.Name].text(), got)
		}
	}
}

// made is what the cloud provider has made of a Service.
type made struct {
	Rules []struct {
		Protocol, Distribution string
		Port                   int32
		Probe                  *struct {
			Protocol, Path     string
			Port               int32
			Seconds, Threshold int
		}
	}
	Security []string
	Failure  string
}

func (m made) text() string {
	if m.Failure != "" {
		return "fails"
	}
	var words []string
	for _, r := range m.Rules {
		probe := (*Probe)(nil)
		if p := r.Probe; p != nil {
			probe = &Probe{strings.ToLower(p.Protocol), p.Port, p.Path, time.Duration(p.Seconds) * time.Second, p.Threshold}
		}
		words = append(words, ruleText(Rule{strings.ToLower(r.Protocol), r.Port, probe}, r.Distribution != "Default"))
	}
	for _, s := range m.Security {
		list := strings.Fields(s)
		if list[0] == "Deny" {
			words = append(words, "closed")
		} else if list[2] != "Internet" {
			for source := range strings.SplitSeq(list[2], ",") {
				words = append(words, "from "+source)
			}
		}
	}
	slices.Sort(words)
	return strings.Join(words, "; ")
}

func (f Frontend) text() string {
	var words []string
	for _, r := range f.Rules {
		words = append(words, ruleText(r, f.Sticky))
	}
	for _, s := range f.Sources {
		words = append(words, "from "+s.String())
	}
	slices.Sort(words)
	return strings.Join(words, "; ")
}

func ruleText(r Rule, sticky bool) string {
	probe := "no probe"
	if r.Probe != nil {
		probe = fmt.Sprint(*r.Probe)
	}
	return fmt.Sprintf("%s %d sticky %v: %s", r.Protocol, r.Port, sticky, probe)
}
