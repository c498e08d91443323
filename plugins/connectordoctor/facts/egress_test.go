package facts

import (
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/internal/podhealth"
)

func TestEgressDenials(t *testing.T) {
	const (
		all     = `{podSelector: {}, policyTypes: [Egress]}`
		dns     = `{podSelector: {}, egress: [{ports: [{port: 53, protocol: UDP}], to: [{namespaceSelector: {}}]}]}`
		https   = `{podSelector: {}, egress: [{ports: [{port: 443}], to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}`
		private = `{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}`
		bouncer = `{podSelector: {}, egress: [{ports: [{port: 6432}]}]}`
		service = `{podSelector: {}, egress: [{ports: [{port: 53, protocol: UDP}], to: [{ipBlock: {cidr: 10.0.0.10/32}}]}]}`
	)
	token := PodUse{Containers: []ContainerIdentity{{Name: "web", Token: true}}}
	bound := PodUse{Audiences: []string{bindingAudience}, Containers: token.Containers}
	for name, c := range map[string]struct {
		policies []string
		use      PodUse
		servers  []string // of DNS, in place of the cluster's
		keys     []string
		want     string // the destinations that are denied, and "?" where the target's port is not known and matters
	}{
		"no policy":                       {nil, token, nil, []string{"AZURE_POSTGRESQL_HOST"}, ""},
		"others are selected":             {[]string{`{podSelector: {matchLabels: {app: api}}, policyTypes: [Egress]}`}, token, nil, nil, ""},
		"only ingress":                    {[]string{`{podSelector: {}, policyTypes: [Ingress]}`}, token, nil, nil, ""},
		"all denied":                      {[]string{all}, token, nil, []string{"AZURE_POSTGRESQL_HOST"}, "dns entra target"},
		"all denied, unknown keys":        {[]string{all}, token, nil, []string{"HOST"}, "dns entra ?"},
		"all denied, no token":            {[]string{all}, PodUse{}, nil, []string{"AZURE_STORAGEBLOB_CONNECTIONSTRING"}, "dns target"},
		"all denied, bound":               {[]string{all}, bound, nil, nil, "dns ?"},
		"all denied, own DNS":             {[]string{all}, PodUse{}, []string{"192.0.2.1"}, nil, "?"},
		"names and HTTPS":                 {[]string{all, dns, https}, token, nil, []string{"AZURE_STORAGEBLOB_CLIENTID"}, ""},
		"names and HTTPS, for MySQL":      {[]string{dns, https}, token, nil, []string{"AZURE_MYSQL_HOST"}, "target"},
		"private addresses":               {[]string{private}, token, nil, []string{"AZURE_SQL_SERVER"}, "entra"},
		"private addresses, unknown keys": {[]string{private}, token, nil, nil, "entra"},
		"PgBouncer's port":                {[]string{bouncer}, PodUse{}, nil, []string{"AZURE_POSTGRESQL_HOST"}, "dns"},
		"names by the Service's prefix":   {[]string{service}, PodUse{}, nil, nil, "?"},
	} {
		v := evaluator{namespace: "shop", dns: netpolicy.End{Namespace: "kube-system"}, target: targetPorts(c.keys)}
		for _, spec := range c.policies {
			p := &networkingv1.NetworkPolicy{}
			if err := yaml.UnmarshalStrict([]byte(spec), &p.Spec); err != nil {
				t.Fatal(err)
			}
			p.Namespace = "shop"
			v.policies = append(v.policies, p)
		}
		var result EgressResult
		for _, pod := range []string{"web-0", "web-1"} { // of one workload: each destination is named once
			v.add(&result, ConsumerPod{
				podhealth.Pod{Name: pod, Owner: "statefulset/web", NameServers: c.servers},
				c.use,
				map[string]string{"app": "web"},
			})
		}
		var got []string
		for _, d := range result.Items {
			got = append(got, d.To)
		}
		if result.NoPort {
			got = append(got, "?")
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: denied are %q, want %q", name, got, c.want)
		}
	}
}
