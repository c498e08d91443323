package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// CSIDriverRuns finds nodes without the Secrets Store CSI Driver.
var CSIDriverRuns = &check.Check{
	Code: "CON0306",
	Name: "csi-driver-runs",
	Hop:  hopResources,
	Doc: `the Secrets Store CSI Driver runs on the nodes of the pods that mount secrets

Its pods register it with the kubelet of each node. Where they do not run, because of a taint or since the add-on is off, pods wait for
their volumes.`,
	Sources: []string{docCSI},
	After:   []*check.Check{ProviderClassesAreComplete},
	Needs:   provided(facts.Consumers, facts.CSIDriver),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, list, ok, err := consumers(p)
		if !ok {
			return nil, err
		}
		if !mountsByCSI(list) {
			p.Skip("no pod mounts secrets by the CSI driver")
			return nil, nil
		}
		driver, err := facts.CSIDriver.Get(p)
		if err != nil {
			return nil, err
		}
		if !driver.Exists {
			return []check.Finding{{
				Severity: check.Error, Target: check.Ref{Kind: "csidriver", Name: "secrets-store.csi.k8s.io"},
				Summary: "the cluster has no Secrets Store CSI Driver", Cause: "the add-on azure-keyvault-secrets-provider is off",
				Fixes: []check.Fix{enableCSI()},
			}}, nil
		}
		pods, err := facts.ConsumerPods.Get(p)
		if err != nil {
			return nil, err
		}
		var refs []check.Ref
		node := ""
		for _, pod := range pods.Alive() {
			waits := !pod.Ready() && pod.Node != "" && !slices.Contains(driver.Nodes, pod.Node)
			if waits && slices.ContainsFunc(pod.Use.Uses, func(u facts.Use) bool { return u.How == facts.CSI }) {
				node = pod.Node
				refs = append(refs, check.Ref{Kind: "pod", Namespace: s.Namespace, Name: pod.Name})
			}
		}
		if len(refs) == 0 {
			return nil, nil
		}
		f := check.Finding{
			Severity: check.Error, Summary: fmt.Sprintf("the Secrets Store CSI Driver does not run on node %s of pod %s", node, refs[0].Name),
			Cause: "its pod on that node does not run, such as because of a taint or since the node runs Windows",
			Fixes: []check.Fix{fix("see the driver's pods", cmdline.Kubectl("get", "pods", "-n", system, "-o", "wide",
				"-l", "app=secrets-store-csi-driver"))},
		}
		return []check.Finding{f.About(refs, len(pods.Alive()), "pods")}, nil
	},
}
