package checks

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/doctor/doctortest"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// TestTrial holds what becomes of what a trial finds out, on top of a healthy connection.
func TestTrial(t *testing.T) {
	const (
		at     = `"target-address":{"value":{"host":"shop.postgres.database.azure.com","port":5432,"pod":"web-1","node":"n1"}}`
		names  = `"target-names":{"value":{"node":"n1","items":[{"name":"shop.postgres.database.azure.com","addresses":["20.1.2.3"]}]}}`
		absent = `"target-names":{"value":{"node":"n1","servers":["10.0.0.10"],"items":[{"name":"shop.postgres.database.azure.com",` +
			`"failure":"NXDOMAIN"}]}}`
		public = `"azure-target":{"value":{"target":{"id":"/x","exists":true,` +
			`"endpoint":{"host":"shop.postgres.database.azure.com","port":5432},"network":{"public":"Disabled"}}}}`
	)
	answer := func(text string) string {
		return `"target-answer":{"value":{"node":"n1","at":"2026-11-30T08:00:00Z","address":"20.1.2.3:5432","service":"postgresql",` + text + `}}`
	}
	connected := func(text string) string { return answer(`"connect":"connected","answer":{` + text + `}`) }
	for name, c := range map[string]struct {
		facts        []string
		status, code string
		says         string
	}{
		"admitted": {[]string{at, names, connected(`"admission":"admitted"`)}, "pass", "", ""},
		"unknown address": {
			[]string{`"target-address":{"value":{"host":"","port":0,"missing":"not signed in to Azure"}}`}, "unknown", "CON0801", "--to HOST:PORT",
		},
		"no such name": {
			[]string{at, absent, `"target-answer":{"value":{}}`},
			"fail", "CON0801", "the resource was deleted or renamed",
		},
		"public name, no access": {
			[]string{at, names, public, connected(`"admission":"admitted"`)},
			"fail", "CON0801", "no public access",
		},
		"test pod's DNS denied": {
			[]string{at, strings.Replace(absent, `"items"`, `"denied":["all"],"items"`, 1)},
			"unknown", "CON0801", "NetworkPolicy all",
		},
		"timed out": {
			[]string{at, names, answer(`"connect":"timed out"`)},
			"fail", "CON0802", "node n1, where pod web-1 runs: timed out",
		},
		"refused": {[]string{at, names, answer(`"connect":"refused"`)}, "fail", "CON0802", "nothing listens"},
		"test pod denied": {
			[]string{at, names, answer(`"connect":"timed out","denied":["all"]`)},
			"unknown", "CON0802", "NetworkPolicy all",
		},
		"silent": {[]string{at, names, connected(`"admission":"silent"`)}, "fail", "CON0803", "does not answer"},
		"closed": {[]string{at, names, connected(`"admission":"closed"`)}, "fail", "CON0803", "closes it"},
		"another's certificate": {
			[]string{at, names, connected(`"admission":"admitted","certificate":{"names":["proxy.example.com"]}`)},
			"fail", "CON0803", "proxy.example.com",
		},
		"firewall": {
			[]string{at, names, connected(`"admission":"refused","client":"203.0.113.9"`)},
			"fail", "CON0804", "203.0.113.9",
		},
		"another program": {
			[]string{at, names, connected(`"admission":"foreign","says":"the server takes no TLS"`)},
			"fail", "CON0803", "the server takes no TLS",
		},
		"a pod that policies keep from the address": {
			[]string{
				at, names, answer(`"connect":"connected","answer":{"admission":"admitted"},"podDenied":` +
					`{"pod":"web-1","workload":"deployment/web","to":"target","verdict":{"policies":["web"]},"ports":[{"protocol":"TCP","number":5432}]}`),
				`"policy-enforcement":{"value":{"engine":"kube-system/cilium-1"}}`,
			},
			"fail", "CON0802", "NetworkPolicy web does not allow pod web-1",
		},
		"AMQP alone is blocked": {
			[]string{at, names, answer(`"connect":"connected","answer":{"admission":"admitted"},"amqp":"timed out"`)},
			"warn", "CON0802", "port 5671",
		},
		"no connection past a proxy": {
			[]string{strings.Replace(at, `"node"`, `"proxied":true,"node"`, 1), names, answer(`"connect":"timed out"`)},
			"unknown", "CON0802", "through a proxy",
		},
		"an error of the service": {
			[]string{at, names, connected(`"admission":"unclear","says":"Too many connections"`)},
			"warn", "CON0804", "Too many connections",
		},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile("testdata/healthy-plain.json")
			if err != nil {
				t.Fatal(err)
			}
			var bundle map[string]map[string]json.RawMessage
			if err := json.Unmarshal(text, &bundle); err != nil {
				t.Fatal(err)
			}
			for _, fact := range c.facts {
				var more map[string]json.RawMessage
				if err := json.Unmarshal([]byte("{"+fact+"}"), &more); err != nil {
					t.Fatal(err)
				}
				for k, v := range more {
					bundle["facts"][k] = v
				}
			}
			text, err = json.Marshal(bundle)
			if err != nil {
				t.Fatal(err)
			}
			r, err := doctortest.Report(text, facts.All(), Validation())
			if err != nil {
				t.Fatal(err)
			}
			v := r.Verdict
			for _, f := range v.Fixes {
				for _, command := range f.Commands {
					if !strings.Contains(command.String(), "-n shop ") && !strings.HasPrefix(command.String(), "az ") &&
						!strings.Contains(command.String(), "-n kube-system") {
						t.Errorf("a command without its namespace: %s", command)
					}
				}
			}
			if string(v.Status) != c.status || v.Code != c.code && c.status != "pass" || !strings.Contains(v.Summary+v.Cause, c.says) {
				t.Errorf("%s %s %q %q", v.Status, v.Code, v.Summary, v.Cause)
			}
			if v.Status == check.Passed {
				for _, result := range r.Results {
					if strings.HasPrefix(result.Code, "CON08") && result.Status != check.Passed && result.Status != check.Skip {
						t.Errorf("%s: %s %s", result.Code, result.Status, result.Error)
					}
				}
			}
		})
	}
}
