package checks

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// kube-proxy is missed where its DaemonSet leaves a node out or its pod does not run, and not while a pod or a node is new.
func TestKubeProxyRuns(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	node := func(name string) podhealth.Node {
		return podhealth.Node{
			Name: name, IP: netip.MustParseAddr("10.0.0.1"), Created: now.Add(-time.Hour), Ready: podhealth.Condition{Status: "True"},
		}
	}
	fresh := node("b")
	fresh.Created = now.Add(-time.Minute)
	pod := func(node string, age time.Duration, ready string) podhealth.Pod {
		return podhealth.Pod{
			Name: "kube-proxy-" + node, Node: node, Phase: "Running", Created: now.Add(-age),
			Conditions: []podhealth.Condition{{Type: "Ready", Status: ready}},
			Containers: []podhealth.Container{{Name: "kube-proxy", State: podhealth.State{Phase: podhealth.Terminated, ExitCode: 1}}},
		}
	}
	runs := pod("a", time.Hour, "True")
	proxy := func(desired int, pods ...podhealth.Pod) facts.KubeProxyInfo {
		return facts.KubeProxyInfo{Found: desired > 0, Desired: desired, Ready: desired, Pods: pods}
	}
	none := facts.KubeProxyInfo{Found: true, NodeSelector: map[string]string{"role": "master"}}
	for name, c := range map[string]struct {
		proxy  facts.KubeProxyInfo
		second podhealth.Node
		status check.Status
		cause  string
	}{
		"no DaemonSet":  {proxy(0), node("b"), check.Skip, ""},
		"runs":          {proxy(2), node("b"), check.Passed, ""},
		"selects none":  {none, node("b"), check.Fail, "its nodeSelector is role=master"},
		"leaves one":    {proxy(1, runs), node("b"), check.Fail, "for 1 node only"},
		"a new node":    {proxy(1, runs), fresh, check.Passed, ""},
		"a new pod":     {proxy(2, runs, pod("b", time.Second, "False")), node("b"), check.Passed, ""},
		"keeps exiting": {proxy(2, runs, pod("b", time.Hour, "False")), node("b"), check.Warn, "exited with code 1"},
	} {
		r := alone(t, KubeProxyRuns, gathered{
			facts.KubeProxy.Name: c.proxy, facts.ClusterNodes.Name: facts.NodeList{At: now, Items: []podhealth.Node{node("a"), c.second}},
		})
		if r.Status != c.status || c.cause != "" && !strings.Contains(r.Findings[0].Cause, c.cause) {
			t.Errorf("%s: %s %q %+v, want %s", name, r.Status, r.Error, r.Findings, c.status)
		}
	}
}
