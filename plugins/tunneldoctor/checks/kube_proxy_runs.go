package checks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// KubeProxyRuns finds nodes on which kube-proxy does not run.
var KubeProxyRuns = &check.Check{
	Code: "TUN0707",
	Name: "kube-proxy-runs",
	Hop:  hopServices,
	Doc: `kube-proxy runs on every Linux node

A node leads to the pods of Services by rules that kube-proxy keeps. Where it does not run, they stay as they were: Services that were made
or whose pods changed since are not reached, webhooks and aggregated APIs among them.`,
	Sources: []string{"https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/#is-the-kube-proxy-working"},
	After:   tunnelChecks(),
	Needs:   []check.Need{facts.KubeProxy, facts.ClusterNodes},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		proxy, err := facts.KubeProxy.Get(p)
		if facts.IsNotHeld(err) {
			p.Skip("%v", err)
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		switch {
		case !proxy.Found:
			p.Skip("the cluster has no DaemonSet kube-proxy: its network plugin serves Services")
			return nil, nil
		case proxy.Replaced != "":
			p.Skip("kube-proxy is switched off, and DaemonSet %s may serve Services", proxy.Replaced)
			return nil, nil
		}
		nodes, err := facts.ClusterNodes.Get(p)
		if err != nil || proxy.Pods == nil && proxy.Desired > 0 {
			return nil, err
		}
		var without []check.Ref
		why := ""
		for _, n := range nodes.Items {
			if !nodes.Usable(n) || nodes.NewOrLeaving(n) {
				continue
			}
			pods := slices.DeleteFunc(slices.Clone(proxy.Pods), func(pod podhealth.Pod) bool { return pod.Node != n.Name })
			if slices.ContainsFunc(pods, func(pod podhealth.Pod) bool {
				return pod.Ready() || pod.Deleting || nodes.At.Sub(pod.Created) < proxyStart
			}) {
				continue
			}
			without = append(without, nodeRef(n.Name))
			if why == "" {
				why = whyNoProxy(proxy, pods, nodes.Linux())
			}
		}
		if len(without) == 0 {
			return nil, nil
		}
		f := check.Finding{
			Severity: check.Warning,
			Summary:  fmt.Sprintf("kube-proxy does not run on node %s", without[0].Name),
			Cause:    why + "; the node's rules for Services stay as they were, and new Services are not reached from it",
			Fixes: []check.Fix{
				fix("see its DaemonSet and pods", cmdline.Kubectl("get", "daemonset", "kube-proxy", "-n", system, "-o", "yaml"),
					cmdline.Kubectl("describe", "pods", "-n", system, "-l", "component=kube-proxy")),
				reconcileFix("reconcile the cluster to restore the DaemonSet"),
			},
		}
		if proxy.Desired < nodes.Linux() {
			f.Severity = check.Error
		}
		return []check.Finding{f.About(without, nodes.Linux(), "Linux nodes")}, nil
	},
}

// proxyStart is how long a pod of kube-proxy may take to become Ready.
const proxyStart = time.Minute

// whyNoProxy is the cause that kube-proxy does not run on a node with these pods of it; there may be none.
func whyNoProxy(proxy facts.KubeProxyInfo, pods []podhealth.Pod, linux int) string {
	only := fmt.Sprintf("its DaemonSet is for %s only", counted(proxy.Desired, "node"))
	switch {
	case len(pods) > 0:
	case proxy.Desired >= linux:
		return "its DaemonSet has made no pod there"
	case len(proxy.NodeSelector) > 0:
		return only + ": its nodeSelector is " + labels.FormatLabels(proxy.NodeSelector)
	default:
		return only + ", by affinity or tolerations"
	}
	pod := pods[0]
	c, summary, cause, found := pod.ContainerProblem(func(c podhealth.Container) (string, string) {
		switch c.State.Phase {
		case podhealth.Waiting:
			return c.State.Reason, c.State.Message
		case podhealth.Terminated:
			return fmt.Sprintf("exited with code %d", c.State.ExitCode), c.State.Message
		}
		return "", ""
	})
	if !found {
		return fmt.Sprintf("its pod %s is not Ready", pod.Name)
	}
	return strings.TrimSuffix(fmt.Sprintf("container %s of pod %s: %s: %s", c.Name, pod.Name, summary, cause), ": ")
}
