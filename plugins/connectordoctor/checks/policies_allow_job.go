package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// PoliciesAllowJob finds NetworkPolicies that keep the Job from the API server.
var PoliciesAllowJob = &check.Check{
	Code: "CON0210",
	Name: "policies-allow-job",
	Hop:  hopJob,
	Doc: `NetworkPolicies allow the pod of Job sc-job to connect to the API server

It writes Secret and ServiceAccount by the API server, which has an address outside the cluster, on port 443. A policy that denies all
egress in each namespace stops it.`,
	Sources: []string{docExtension, "https://kubernetes.io/docs/concepts/services-networking/network-policies/"},
	After:   []*check.Check{JobStarts},
	Needs:   provided(facts.Job, facts.JobPods, facts.JobPolicies),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		if _, _, ok, err := job(p); !ok {
			return nil, err
		}
		v, err := facts.JobPolicies.Get(p)
		if facts.IsNotHeld(err) {
			p.Skip("the bundle is of an earlier version, which read no NetworkPolicies of %s", facts.System)
			return nil, nil
		}
		if err != nil || len(v.Policies) == 0 {
			return nil, err
		}
		f := check.Finding{
			Severity: severity(p), Target: check.Ref{Kind: "networkpolicy", Namespace: facts.System, Name: v.Policies[0]},
			Also: []check.Ref{jobRef()},
			Summary: fmt.Sprintf("NetworkPolicy %s in namespace %s does not allow Job %s to connect to the API server", names(v.Policies),
				facts.System, facts.JobName),
			Cause: v.Closest(),
			Fixes: []check.Fix{fix("allow egress to port 443 for pods of "+facts.System+", then repeat the operation",
				cmdline.Kubectl("edit", "networkpolicy", v.Policies[0], "-n", facts.System))},
		}
		byEngine(&f, v.Engine)
		return []check.Finding{f}, nil
	},
}
