package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/doctor/doctortest"
)

// providerFiles has Services and what Azure's cloud provider makes of them. The tests of those who compute the same read it, too.
const providerFiles = "testdata/provider"

// azureService is what the cloud provider has written for a Service.
type azureService struct {
	Internal bool        `json:"internal,omitempty"`
	Rules    []azureRule `json:"rules,omitempty"`
	Security []string    `json:"security,omitempty"` // the rules of the managed group for the frontend: ACCESS PROTOCOL SOURCES PORTS
	Failure  string      `json:"failure,omitempty"`  // the message of the event SyncLoadBalancerFailed
}

type azureRule struct {
	Protocol     string      `json:"protocol"`
	Port         int         `json:"port"`
	BackendPort  int         `json:"backendPort"`
	Floating     bool        `json:"floating"`
	Distribution string      `json:"distribution"`
	Probe        *azureProbe `json:"probe,omitempty"`
}

type azureProbe struct {
	Protocol  string `json:"protocol"`
	Port      int    `json:"port"`
	Path      string `json:"path,omitempty"`
	Seconds   int    `json:"seconds"`
	Threshold int    `json:"threshold"`
}

// TestAzureProvider lets the cloud provider make load balancers of the Services, and holds that the file of what it makes is right.
func TestAzureProvider(t *testing.T) {
	l := theLab(t)
	a := l.azure(t)
	a.tags(t, map[string][]string{"AzureFrontDoor.Backend": {"192.0.2.0/25"}})
	l.must(t, "kubectl", "create", "namespace", "provider")
	l.must(t, "kubectl", "-n", "provider", "apply", "-f", filepath.Join(providerFiles, "services.yaml"))
	t.Cleanup(func() {
		// the provider does not even delete a Service with both
		l.must(t, "kubectl", "-n", "provider", "annotate", "service", "both-ranges", "service.beta.kubernetes.io/azure-allowed-ip-ranges-")
		l.must(t, "kubectl", "delete", "namespace", "provider", "--timeout=90s")
	})
	got := map[string]azureService{}
	l.eventually(t, 2*time.Minute, func() error {
		var services corev1.ServiceList
		if err := json.Unmarshal([]byte(l.must(t, "kubectl", "-n", "provider", "get", "services", "-o", "json")), &services); err != nil {
			return err
		}
		for _, s := range services.Items {
			made, ok := a.made(t, &s)
			if got[s.Name] = made; !ok {
				return errors.New(s.Name + " has neither an address nor a failure")
			}
		}
		return nil
	})
	b, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	doctortest.Golden(t, filepath.Join(providerFiles, "azure.json"), append(b, '\n'))
}

// made returns what the cloud provider has written for the Service; ok is false as long as it is at it.
func (a azureLab) made(t *testing.T, s *corev1.Service) (made azureService, ok bool) {
	t.Helper()
	if s.Spec.LoadBalancerClass != nil {
		return made, len(s.Status.LoadBalancer.Ingress) == 0
	}
	if len(s.Status.LoadBalancer.Ingress) == 0 {
		events := a.must(t, "kubectl", "-n", s.Namespace, "get", "events", "--field-selector",
			"reason=SyncLoadBalancerFailed,involvedObject.name="+s.Name, "-o", `jsonpath={range .items[*]}{.message}{"\n"}{end}`)
		made.Failure, _, _ = strings.Cut(events, "\n")
		return made, made.Failure != ""
	}
	address, prefix := s.Status.LoadBalancer.Ingress[0].IP, "a"+strings.ReplaceAll(string(s.UID), "-", "")[:31]
	made.Internal = !strings.HasPrefix(address, "203.0.113.")
	made.Security = a.security(t, address)
	var balancers []struct{ Properties balancerProperties }
	if err := json.Unmarshal([]byte(a.must(t, "lab", "azure", "get", azureNetwork+"loadBalancers")), &balancers); err != nil {
		t.Fatal(err)
	}
	for _, b := range balancers {
		for _, r := range b.Properties.LoadBalancingRules {
			if strings.HasPrefix(r.Name, prefix) {
				made.Rules = append(made.Rules, b.Properties.rule(r))
			}
		}
	}
	slices.SortFunc(made.Rules, func(x, y azureRule) int { return strings.Compare(fmt.Sprint(x), fmt.Sprint(y)) })
	return made, true
}

// security returns the rules of the managed group for the address.
func (a azureLab) security(t *testing.T, address string) (all []string) {
	t.Helper()
	var group struct {
		Properties struct{ SecurityRules []securityRule }
	}
	if err := json.Unmarshal([]byte(a.must(t, "lab", "azure", "get", azureManaged)), &group); err != nil {
		t.Fatal(err)
	}
	rules := group.Properties.SecurityRules
	slices.SortFunc(rules, func(x, y securityRule) int { return x.Properties.Priority - y.Properties.Priority })
	for _, r := range rules {
		p := r.Properties
		if !slices.Contains(append(p.DestinationAddressPrefixes, p.DestinationAddressPrefix), address) {
			continue
		}
		words := []string{p.Access, p.Protocol}
		for _, list := range [][]string{
			append(p.SourceAddressPrefixes, p.SourceAddressPrefix), append(p.DestinationPortRanges, p.DestinationPortRange),
		} {
			slices.Sort(list)
			words = append(words, strings.Join(slices.DeleteFunc(list, func(s string) bool { return s == "" }), ","))
		}
		all = append(all, strings.Join(words, " "))
	}
	return all
}

type securityRule struct {
	Properties struct {
		Priority                                          int
		Access, Protocol                                  string
		SourceAddressPrefix, DestinationAddressPrefix     string
		SourceAddressPrefixes, DestinationAddressPrefixes []string
		DestinationPortRange                              string
		DestinationPortRanges                             []string
	}
}

// balancerProperties are those of a load balancer.
type balancerProperties struct {
	LoadBalancingRules []balancingRule
	Probes             []struct {
		ID         string
		Properties struct {
			Protocol                                string
			Port, IntervalInSeconds, ProbeThreshold int
			RequestPath                             string
		}
	}
}

type balancingRule struct {
	Name       string
	Properties struct {
		Protocol                  string
		FrontendPort, BackendPort int
		EnableFloatingIP          bool
		LoadDistribution          string
		Probe                     struct{ ID string }
	}
}

func (b balancerProperties) rule(r balancingRule) azureRule {
	rule := azureRule{
		Protocol: r.Properties.Protocol, Port: r.Properties.FrontendPort, BackendPort: r.Properties.BackendPort,
		Floating: r.Properties.EnableFloatingIP, Distribution: r.Properties.LoadDistribution,
	}
	for _, p := range b.Probes {
		if strings.EqualFold(p.ID, r.Properties.Probe.ID) {
			rule.Probe = &azureProbe{
				Protocol: p.Properties.Protocol, Port: p.Properties.Port, Path: p.Properties.RequestPath,
				Seconds: p.Properties.IntervalInSeconds, Threshold: p.Properties.ProbeThreshold,
			}
		}
	}
	return rule
}
