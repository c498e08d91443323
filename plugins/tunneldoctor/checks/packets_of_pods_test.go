package checks

import (
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// TestLargerThanNodes: an MTU of pods above their node's counts where answers hang, and only there.
func TestLargerThanNodes(t *testing.T) {
	hangs := []facts.Attempts{{Node: "n1", Verb: "logs", Errors: []string{facts.NoAnswer}}}
	refused := []facts.Attempts{{Node: "n1", Verb: "logs", Errors: []string{"connection refused"}}}
	for name, c := range map[string]struct {
		pod, node int
		logs      []facts.Attempts
		ready     []string
		want      int
	}{
		"larger, and answers hang": {1500, 1400, hangs, nil, 1}, "larger, and all is well": {1500, 1400, nil, nil, 0},
		"larger, and cut off": {1500, 1400, nil, []string{"[-]server-connected failed"}, 1},
		"larger, and refused": {1500, 1400, refused, nil, 0}, "the same": {1500, 1500, hangs, nil, 0}, "smaller": {1450, 1500, hangs, nil, 0},
		"unknown": {0, 0, hangs, nil, 0}, "the node's is unknown": {1500, 0, hangs, nil, 0},
	} {
		got := -1
		try := &check.Check{
			Code: "TUN0602", Name: "x", Hop: hopNetwork, Doc: "x",
			Needs: []check.Need{facts.AgentNodeReports, facts.LogAttempts, facts.ExecAttempts},
			Run:   func(p *check.Pass) ([]check.Finding, error) { got = len(largerThanNodes(p)); return nil, nil },
		}
		check.Run(t.Context(), []*check.Check{try}, gathered{
			facts.LogAttempts.Name: c.logs, facts.ExecAttempts.Name: facts.PodAttempts{},
			facts.AgentNodeReports.Name: facts.NodeReports{Items: []facts.NodeReport{
				{Node: "n1", Report: nodecheck.Result{Agent: &nodecheck.AgentState{MTU: c.pod, NodeMTU: c.node, Ready: c.ready}}},
			}},
		}, nil)
		if got != c.want {
			t.Errorf("%s: %d findings", name, got)
		}
	}
}

// TestUnprobed: an agent that says itself that it is connected and ready is not told to be cut off.
func TestUnprobed(t *testing.T) {
	for name, c := range map[string]struct {
		ready []string
		want  bool
	}{
		"connected":            {[]string{"[+]ping ok", "[+]server-connected ok"}, true},
		"not connected":        {[]string{"[+]ping ok", "[-]server-connected failed"}, false},
		"another check fails":  {[]string{"[-]ping failed", "[+]server-connected ok"}, false},
		"nothing was answered": {nil, false},
	} {
		if got := (nodecheck.AgentState{Ready: c.ready}).HasServer(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	a := facts.Agent{Pod: podhealth.Pod{Name: "agent-1"}}
	events := podhealth.Events{"pod/agent-1": {{Reason: "Unhealthy", Message: "Readiness probe failed: refused"}}}
	if summary, _ := unprobed(a, facts.TunnelInfo{HealthPort: 8082}, events); summary !=
		"is connected, and not Ready: the kubelet's probes fail: Readiness probe failed: refused" {
		t.Error(summary)
	}
}
