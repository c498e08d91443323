package checks

import (
	"errors"
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// MachinesRun finds nodes that stopped reporting because their virtual machine is off.
var MachinesRun = &check.Check{
	Code: "TUN0213",
	Name: "machines-run",
	Hop:  hopAgents,
	Doc: `the virtual machines of the nodes are running

A node whose virtual machine was stopped or deallocated, such as in the portal, stays in the cluster and stops reporting. Unless
--azure=off, the power state is read from Azure.`,
	Sources: []string{
		"https://learn.microsoft.com/azure/virtual-machines/states-billing",
		"https://github.com/Azure/AKS/issues/1871",
	},
	After:    []*check.Check{APIServerAnswers},
	Explains: true,
	Needs:    []check.Need{facts.ClusterNodes, facts.AzureNetwork},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, lost, info, err := lostFromAzure(p)
		if err != nil || info.Off != "" {
			return nil, err
		}
		var fs []check.Finding
		var unknown []error
		for _, n := range lost {
			switch m := info.Machine(n.Name); {
			case m == nil:
				unknown = append(unknown, errors.New("the machines of some nodes that stopped reporting were not read"))
			case m.PowerError != "":
				unknown = append(unknown, fmt.Errorf("the power state of node %s: %s", n.Name, m.PowerError))
			case m.Power == "":
				unknown = append(unknown, fmt.Errorf("whether the virtual machine of node %s is running is unknown: Azure does not say", n.Name))
			case !m.Off():
			case info.ScaledDown(n):
				fs = append(fs, check.Finding{
					Severity: check.Info, Target: nodeRef(n.Name),
					Summary: fmt.Sprintf("node %s is %s, as its node pool has the scale-down mode Deallocate", n.Name, m.Power),
					Cause:   "such nodes stay in the cluster and are started when the pool is scaled up",
				})
			default:
				fs = append(fs, check.Finding{
					Severity: check.Error, Target: nodeRef(n.Name),
					Summary: fmt.Sprintf("node %s stopped reporting: its virtual machine is %s", n.Name, m.Power),
					Cause: "the machine was stopped, for example in the portal, or Azure evicted it, as it does with spot machines; " +
						"its Node object remains",
					Fixes: []check.Fix{
						topology.FixBy("start the machine; if the whole node pool was stopped, use az aks nodepool start instead", n.Azure.Start()),
					},
					Evidence: []check.Evidence{{Source: n.Azure.InstanceView()}},
				})
			}
		}
		if !slices.ContainsFunc(fs, isError) {
			if err := check.Distinct(unknown); err != nil {
				return nil, err
			}
		}
		return limited(fs, "node"), nil
	},
}
