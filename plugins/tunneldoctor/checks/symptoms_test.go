package checks

import (
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// alone runs the check as if no other were needed before.
func alone(t *testing.T, c *check.Check, g gathered) check.Result {
	t.Helper()
	first := *c
	first.After = nil
	return check.Run(t.Context(), []*check.Check{&first}, g, nil)[0]
}

// What was not tried is unknown, unless other nodes fail. A node with nothing to try on is worth knowing, and no more.
func TestUntriedNodes(t *testing.T) {
	good, bad := facts.Attempts{Node: "a", Succeeded: 3}, facts.Attempts{Node: "b", Errors: []string{facts.NoAnswer}}
	untried := facts.Attempts{Node: "c", Off: "no time", NotTried: true}
	partly := facts.Attempts{Node: "c", Succeeded: 1, Off: "no time", NotTried: true}
	nothing := facts.Attempts{Node: "c", Off: "no pod"}
	for name, c := range map[string]struct {
		logs   []facts.Attempts
		status check.Status
		text   string
	}{
		"all work":              {[]facts.Attempts{good, good, good}, check.Passed, ""},
		"one was not tried":     {[]facts.Attempts{good, good, untried}, check.Unknown, "logs could not be tried on 1 of 3 nodes: c: no time"},
		"one was tried in part": {[]facts.Attempts{good, good, partly}, check.Passed, ""},
		"one fails, one was not tried": {
			[]facts.Attempts{good, bad, untried},
			check.Fail,
			"logs fail on node b: " + facts.NoAnswer + "\nlogs could not be tried on 1 of 3 nodes: c",
		},
		"one has no pod":      {[]facts.Attempts{good, good, nothing}, check.Passed, "logs could not be tried on 1 of 3 nodes: c"},
		"none could be tried": {[]facts.Attempts{untried, nothing}, check.Unknown, "logs could not be tried on any node: no time"},
		"none has a pod":      {[]facts.Attempts{nothing}, check.Unknown, "logs could not be tried on any node: no pod"},
		"one of each":         {[]facts.Attempts{good, untried, nothing}, check.Unknown, "logs could not be tried on 1 of 3 nodes: c: no time"},
		"there are no nodes":  {nil, check.Passed, ""},
	} {
		r := alone(t, LogsCanBeRead, gathered{facts.LogAttempts.Name: c.logs, facts.ClusterNodes.Name: threeNodes()})
		text := r.Error
		for _, f := range r.Findings {
			text = strings.TrimPrefix(text+"\n"+f.Summary, "\n")
		}
		if r.Status != c.status || text != c.text {
			t.Errorf("%s: %s %q, want %s %q", name, r.Status, text, c.status, c.text)
		}
	}
}

// Exec that could not be tried does not work, nor fail.
func TestUntriedExec(t *testing.T) {
	good, bad := facts.Attempts{Node: "a", Succeeded: 3}, facts.Attempts{Node: "b", Errors: []string{facts.NoAnswer}}
	untried := facts.Attempts{Node: "c", Off: "the pod is gone", NotTried: true}
	for name, c := range map[string]struct {
		exec   []facts.Attempts
		status check.Status
	}{
		"works":                    {[]facts.Attempts{good}, check.Passed},
		"fails":                    {[]facts.Attempts{good, bad}, check.Fail},
		"was not tried":            {[]facts.Attempts{good, untried}, check.Unknown},
		"fails, and was not tried": {[]facts.Attempts{untried, bad}, check.Fail},
	} {
		r := alone(t, ExecWorks, gathered{facts.ExecAttempts.Name: facts.PodAttempts{Exec: c.exec}})
		if r.Status != c.status || c.status == check.Unknown && r.Error != "it could not be tried on node c: the pod is gone" {
			t.Errorf("%s: %s %q, want %s", name, r.Status, r.Error, c.status)
		}
	}
}

// A bundle may hold attempts on more nodes than are reported one by one.
func TestExecFailsOnManyNodes(t *testing.T) {
	var exec []facts.Attempts
	for i := range maxFindings + 5 {
		exec = append(exec, facts.Attempts{Node: string(rune('a' + i)), Errors: []string{facts.NoAnswer}})
	}
	r := alone(t, ExecWorks, gathered{
		facts.ExecAttempts.Name: facts.PodAttempts{Exec: exec}, facts.ClusterNodes.Name: threeNodes(),
		facts.AgentNodeReports.Name: facts.NodeReports{},
	})
	if r.Status != check.Fail || len(r.Findings) != maxFindings+1 {
		t.Errorf("%s %q with %d findings", r.Status, r.Error, len(r.Findings))
	}
}

// A sample of the nodes is not all of them, and the report says so. Nodes without a machine do not count.
func TestSampleIsNamed(t *testing.T) {
	nodes := threeNodes()
	nodes.Items[1].Chosen = false
	work := []facts.Attempts{{Node: "a", Succeeded: 3}, {Node: "c", Succeeded: 3}}
	r := alone(t, LogsCanBeRead, gathered{facts.LogAttempts.Name: work, facts.ClusterNodes.Name: nodes})
	if len(r.Findings) != 1 || r.Findings[0].Severity != check.Info || r.Status != check.Passed ||
		r.Findings[0].Summary != "logs were tried on a sample of 2 of 3 nodes, not on b" {
		t.Errorf("%+v", r)
	}
	nodes.Items[1].Simulated = true
	r = alone(t, LogsCanBeRead, gathered{facts.LogAttempts.Name: work, facts.ClusterNodes.Name: nodes})
	if len(r.Findings) > 0 {
		t.Errorf("%+v", r)
	}
}

// Exec with a terminal fails for what the runtime says, or for no answer. Where it could not be tried, nothing is said.
func TestTerminals(t *testing.T) {
	try := facts.Attempts{Node: "a", Verb: "exec", Namespace: "kube-system", Pod: "p", Container: "c", Terminal: true}
	good, hangs, denied, untried := try, try, try, try
	good.Succeeded = 1
	hangs.Errors = []string{facts.NoAnswer}
	denied.Errors = []string{"OCI runtime exec failed: unable to start container process: open /dev/pts/0: operation not permitted"}
	untried.Off, untried.NotTried = "pods \"p\" not found", true
	for name, c := range map[string]struct {
		tries  facts.RunningAttempts
		status check.Status
		cause  string
	}{
		"works":                    {facts.RunningAttempts{Nodes: []facts.Attempts{good}}, check.Passed, ""},
		"works, was not tried":     {facts.RunningAttempts{Nodes: []facts.Attempts{good, untried}}, check.Skip, ""},
		"hangs":                    {facts.RunningAttempts{Nodes: []facts.Attempts{good, hangs}}, check.Fail, "containerd-shim"},
		"denied":                   {facts.RunningAttempts{Nodes: []facts.Attempts{denied}}, check.Fail, "terminal device"},
		"was not tried":            {facts.RunningAttempts{Nodes: []facts.Attempts{untried}}, check.Skip, ""},
		"logs work nowhere":        {facts.RunningAttempts{}, check.Skip, ""},
		"off":                      {facts.RunningAttempts{Off: "--no-create"}, check.Skip, ""},
		"fails, and was not tried": {facts.RunningAttempts{Nodes: []facts.Attempts{untried, hangs}}, check.Fail, "containerd-shim"},
	} {
		r := alone(t, TerminalsOpen, gathered{facts.TerminalAttempts.Name: c.tries})
		if r.Status != c.status || c.cause != "" && !strings.Contains(r.Findings[0].Cause, c.cause) {
			t.Errorf("%s: %s %q %+v, want %s", name, r.Status, r.Error, r.Findings, c.status)
		}
	}
}

// Port-forward that works in a new pod and not in one that ran before is a fault of that pod's.
func TestForwardsToRunningPods(t *testing.T) {
	try := facts.Attempts{Node: "a", Verb: "port-forward", Namespace: "kube-system", Pod: "p", OwnNet: true}
	good, down, silent, untried := try, try, try, try
	good.Succeeded, silent.Errors = 1, []string{facts.NoAnswer}
	down.Errors = []string{
		`failed to connect to localhost:9 inside namespace "x", IPv4: dial tcp4 127.0.0.1:9: connect: network is unreachable`,
	}
	untried.Off, untried.NotTried = "pods \"p\" not found", true
	for name, c := range map[string]struct {
		tries  facts.RunningAttempts
		status check.Status
	}{
		"works":         {facts.RunningAttempts{Forwards: []facts.Attempts{good}}, check.Passed},
		"was not tried": {facts.RunningAttempts{Forwards: []facts.Attempts{untried}}, check.Passed},
		"no permission": {facts.RunningAttempts{}, check.Passed},
		"lo is down":    {facts.RunningAttempts{Forwards: []facts.Attempts{good, down}}, check.Fail},
		"no answer":     {facts.RunningAttempts{Forwards: []facts.Attempts{silent}}, check.Fail},
	} {
		r := alone(t, PortForwardWorks, gathered{
			facts.ExecAttempts.Name: facts.PodAttempts{PortForward: []facts.Attempts{good}}, facts.TerminalAttempts.Name: c.tries,
		})
		if r.Status != c.status || r.Status == check.Fail && !strings.Contains(r.Findings[0].Cause, "loopback interface (lo) is down") {
			t.Errorf("%s: %s %q %+v, want %s", name, r.Status, r.Error, r.Findings, c.status)
		}
	}
}
