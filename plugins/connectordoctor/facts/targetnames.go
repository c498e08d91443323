package facts

import (
	"context"
	"net/netip"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/internal/testpod"
)

// TargetLookup is the lookup of the target's name by a test pod.
type TargetLookup struct {
	Node string `json:"node,omitempty"` // of the test pod; empty: nothing was looked up, as there is no name
	endpoints.Names
	// Denied are the NetworkPolicies that keep the test pod from the cluster's DNS, which did not answer it.
	Denied []string `json:"denied,omitempty"`
}

// TargetNames looks the target's name up in a test pod of the connection's namespace, on the node of a pod that uses it.
var TargetNames = &Fact[TargetLookup]{
	Name:   "target-names",
	Needs:  []check.Need{TargetAddress},
	Access: trialAccess(),
	Create: testpod.Rules(),
	Gather: func(ctx context.Context, e *Env) (TargetLookup, []check.Evidence, error) {
		l := TargetLookup{Names: endpoints.Names{Items: []endpoints.Lookup{}}}
		at, err := TargetAddress.From(ctx, e)
		if err != nil || at.Host == "" || isAddress(at.Host) {
			return l, nil, err
		}
		pod, err := e.Trial.Pods.Get(ctx, e.Target.Namespace, at.Node)
		if err != nil {
			return l, nil, err
		}
		l.Node = pod.Node
		seen := []check.Evidence{{Source: cmdline.InPod(e.Target.Namespace, cmdline.Program("nslookup", at.Host))}}
		if l.Names, err = pod.LookUp(ctx, at.Host); err != nil || len(l.Found()) > 0 {
			return l, seen, err
		}
		if l.Of(at.Host).Failure != endpoints.NoServer {
			return l, seen, nil
		}
		dns, err := dnsEnd(ctx, e)
		if err == nil {
			l.Denied, err = deniesTestPod(ctx, e, dns, netpolicy.DNSPort())
		}
		return l, seen, err
	},
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}
