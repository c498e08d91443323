package packets

import (
	"errors"
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// tcpdumpSource is the documentation of what the captures are made with.
const tcpdumpSource = "https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/logs/capture-tcp-dump-linux-node-aks"

// ConnectionsAreSeen tells whether there is anything to evaluate.
var ConnectionsAreSeen = &check.Check{
	Code: "INS1101",
	Name: "connections-are-seen",
	Hop:  hopCapture,
	Doc: `connections to the target were captured

Without packets nothing can be concluded. A capture that dropped packets, or that reached one of its bounds, proves nothing about packets
that are missing from it.`,
	Sources: []string{tcpdumpSource},
	Needs:   []check.Need{facts.Packets},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		c, err := facts.Packets.Get(p)
		if err != nil {
			return nil, err
		}
		if len(c.Connections) == 0 {
			if len(c.Sent) > 0 {
				return nil, fmt.Errorf("no packet of the requests was captured (%s)", strings.Join(c.Sent, "; "))
			}
			return nil, errors.New("no connection to the target was captured: were requests sent meanwhile?")
		}
		var findings []check.Finding
		for i, place := range c.Places {
			g := group{Capture: &c}
			switch {
			case place.Dropped > 0:
				findings = append(findings, check.Finding{
					Severity: check.Info, Target: g.target(i), Summary: fmt.Sprintf("the capture at %s is not complete", place.Name),
					Cause: fmt.Sprintf("%d packets came faster than they could be read", place.Dropped),
					Fixes: []check.Fix{{Title: "capture less, with --filter or --port"}},
				})
			case place.Bound != "":
				findings = append(findings, check.Finding{
					Severity: check.Info, Target: g.target(i), Summary: fmt.Sprintf("the capture at %s is not complete", place.Name),
					Cause: "it ended at its bound of " + place.Bound,
					Fixes: []check.Fix{{Title: "raise the bound with --packets or --duration, or capture less with --filter or --port"}},
				})
			}
		}
		return findings, nil
	},
}
