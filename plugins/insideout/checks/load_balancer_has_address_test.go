package checks

import (
	"testing"
	"time"

	"github.com/akstools/akstools/internal/azurelb"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// An allocation that the API server writes down late is no reason why a Service has no address.
func TestRepairedAllocation(t *testing.T) {
	at := time.Date(2026, time.November, 30, 12, 0, 0, 0, time.UTC)
	for reason, want := range map[string]check.Status{
		"ClusterIPNotAllocated": check.Unknown, "PortNotAllocated": check.Unknown, "": check.Unknown,
		"PortAlreadyAllocated": check.Fail, "SyncLoadBalancerFailed": check.Fail,
	} {
		env := &facts.Env{}
		fact.Put(env, facts.Service, facts.ServiceInfo{
			Namespace: "shop", Name: "web", LoadBalancer: &azurelb.LoadBalancer{Class: "example.com/none"}, Created: at,
		})
		fact.Put(env, facts.Pods, facts.PodList{At: at.Add(time.Minute)})
		events := podhealth.Events{}
		if reason != "" {
			events["service/web"] = []podhealth.Event{{Reason: reason, Message: "text", Last: at}}
		}
		fact.Put(env, facts.ServiceEvents, events)
		one := *LoadBalancerHasAddress
		one.After = nil
		if got := check.Run(t.Context(), []*check.Check{&one}, env, nil)[0]; got.Status != want {
			t.Errorf("%q: %s %+v, want %s", reason, got.Status, got, want)
		}
	}
}
