package checks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// nameMetricsServer adds to the finding what metrics-server itself says: its log, and why its pods do not run. Where nothing is known of
// it, the finding stays as it is.
func nameMetricsServer(p *check.Pass, f *check.Finding) {
	s, err := facts.MetricsServer.Get(p)
	if err != nil || s.Pod == "" {
		return
	}
	if len(s.Policies) > 0 {
		f.Target = check.Ref{Kind: "networkpolicy", Namespace: system, Name: s.Policies[0]}
		f.Cause = fmt.Sprintf("NetworkPolicy %s denies metrics-server egress to TCP %d of nodes, where the kubelets have the figures",
			joinNames(s.Policies), facts.KubeletPort)
		if s.FromAPI {
			f.Cause = fmt.Sprintf("NetworkPolicy %s denies metrics-server egress to the API server, which it asks when it starts",
				joinNames(s.Policies))
		}
		f.Fixes = []check.Fix{fix("allow that egress in the policy",
			cmdline.Kubectl("edit", "networkpolicy", s.Policies[0], "-n", system))}
	}
	if s.LogError != "" {
		f.Cause += "; its log could not be read: " + s.LogError
	}
	log := cmdline.Kubectl("logs", s.Pod, "-n", system, "--tail=20")
	if line, meaning := tellingLine(s.Lines); line != "" {
		f.Cause += "; its log: " + line
		if meaning != "" {
			f.Cause += " (" + strings.TrimSuffix(meaning, ".") + ")"
		}
		f.Evidence = append(f.Evidence, check.Evidence{Source: log, Lines: []string{line}})
	}
	for _, pod := range s.Pods {
		c, summary, cause, ok := pod.ContainerProblem(func(c podhealth.Container) (string, string) {
			switch {
			case c.State.Phase == podhealth.Waiting && podhealth.CannotStart(c.State.Reason):
				return c.State.Reason, c.State.Message
			case c.State.Phase == podhealth.Terminated:
				return fmt.Sprintf("exited with code %d", c.State.ExitCode), ""
			}
			return "", ""
		})
		if ok {
			f.Cause += fmt.Sprintf("; container %s of pod %s: %s", c.Name, pod.Name, firstNonEmpty(cause, summary))
			break
		}
	}
	for _, pod := range podhealth.NotReady(s.Pods) {
		low := slices.IndexFunc(pod.Containers, func(c podhealth.Container) bool {
			return c.LowCPU() != "" && !c.Ready && c.State.Phase == podhealth.Running
		})
		if low < 0 {
			continue
		}
		f.Cause += fmt.Sprintf("; pod %s is not Ready: %s", pod.Name, firstNonEmpty(pod.WhyUnready(), pod.Containers[low].LowCPU()))
		f.Fixes = append([]check.Fix{fix("raise its CPU limit; AKS sets it by the ConfigMap metrics-server-config",
			cmdline.Kubectl("get", "configmap", "metrics-server-config", "-n", system, "-o", "yaml"))}, f.Fixes...)
		break
	}
	if len(s.Policies) == 0 {
		f.Fixes = append([]check.Fix{fix("correct what its log says, most often its arguments",
			log, cmdline.Kubectl("get", "deployment", "metrics-server", "-n", system, "-o", "yaml"))}, f.Fixes...)
	}
}

const (
	// startTime is how long a pod of metrics-server may take to become Ready: it is after its first round of the kubelets.
	startTime = time.Minute
	// failedStart is when a pod is named already, if it restarted or its log tells why it fails.
	failedStart = 20 * time.Second
)

// stuckMetricsServer returns a warning about pods of metrics-server that do not become Ready while others serve, as in a rollout that is
// stuck.
func stuckMetricsServer(p *check.Pass) []check.Finding {
	s, err := facts.MetricsServer.Get(p)
	if err != nil || s.Pod == "" {
		return nil
	}
	var refs []check.Ref
	_, told := tellingLine(s.Lines)
	for _, pod := range podhealth.NotReady(s.Pods) {
		grace := startTime
		if pod.Name == s.Pod && told != "" || slices.ContainsFunc(pod.Containers, func(c podhealth.Container) bool { return c.Restarts > 0 }) {
			grace = failedStart
		}
		if s.At.Sub(pod.Created) > grace {
			refs = append(refs, check.Ref{Kind: "pod", Namespace: system, Name: pod.Name})
		}
	}
	if len(refs) == 0 {
		return nil
	}
	f := check.Finding{
		Severity: check.Warning, Summary: fmt.Sprintf("metrics-server pod %s does not become Ready", refs[0].Name),
		Cause: "other pods still serve the metrics API: a rollout of metrics-server is stuck, or one of its pods fails",
	}
	nameMetricsServer(p, &f)
	return []check.Finding{f.About(refs, len(s.Pods), "pods")}
}

// killedMetricsServer returns a warning about pods of metrics-server that were killed at their memory limit shortly before.
func killedMetricsServer(p *check.Pass) []check.Finding {
	s, err := facts.MetricsServer.Get(p)
	if err != nil {
		return nil
	}
	var refs []check.Ref
	for _, pod := range s.Pods {
		killed := slices.ContainsFunc(pod.Containers, func(c podhealth.Container) bool { return c.Last.Reason == outOfMemory })
		if killed && pod.Alive() && pod.Restarted(s.At) {
			refs = append(refs, check.Ref{Kind: "pod", Namespace: system, Name: pod.Name})
		}
	}
	if len(refs) == 0 {
		return nil
	}
	f := check.Finding{
		Severity: check.Warning, Summary: fmt.Sprintf("metrics-server pod %s was killed at its memory limit (OOMKilled)", refs[0].Name),
		Cause: "its limit is too low for this cluster: while it starts again, kubectl top and autoscalers have no figures",
		Fixes: []check.Fix{fix("show its memory limit; AKS sets it by the ConfigMap metrics-server-config",
			cmdline.Kubectl("get", "deployment", "metrics-server", "-n", system, "-o", "yaml"),
			cmdline.Kubectl("get", "configmap", "metrics-server-config", "-n", system, "-o", "yaml"))},
		Evidence: []check.Evidence{{Source: cmdline.Kubectl("describe", "pod", refs[0].Name, "-n", system)}},
	}
	return []check.Finding{f.About(refs, len(s.Pods), "pods")}
}

// unreviewingMetricsServer returns an error about a metrics-server that may not ask who may read metrics.
func unreviewingMetricsServer(p *check.Pass) []check.Finding {
	s, err := facts.MetricsServer.Get(p)
	if err != nil || s.Unreviewing == "" {
		return nil
	}
	asks := cmdline.Kubectl("auth", "can-i", "create", "subjectaccessreviews.authorization.k8s.io", "--as",
		"system:serviceaccount:kube-system:"+s.Unreviewing)
	return []check.Finding{{
		Severity: check.Error, Target: check.Ref{Kind: "serviceaccount", Namespace: system, Name: s.Unreviewing},
		Summary: "metrics-server may not create SubjectAccessReviews, so the metrics API answers only administrators (system:masters)",
		Cause: fmt.Sprintf("no binding gives its service account kube-system/%s the ClusterRole system:auth-delegator: all other users get no "+
			"figures, and neither do horizontal pod autoscalers", s.Unreviewing),
		Fixes: []check.Fix{fix("give it the role",
			cmdline.Kubectl("create", "clusterrolebinding", "metrics-server:system:auth-delegator", "--clusterrole=system:auth-delegator",
				"--serviceaccount="+system+":"+s.Unreviewing))},
		Evidence: []check.Evidence{{Source: asks, Lines: []string{"no"}}},
	}}
}

// nodesWithoutMetrics returns a warning about nodes that report and of which the metrics API has no figures. Where those cannot be read,
// there is none.
func nodesWithoutMetrics(p *check.Pass) []check.Finding {
	metrics, err := facts.NodeMetrics.Get(p)
	if err != nil || !metrics.Known || len(metrics.Nodes) == 0 {
		return nil
	}
	nodes, err := facts.ClusterNodes.Get(p)
	if err != nil {
		return nil
	}
	var missing []check.Ref
	for _, n := range nodes.Items {
		if !n.Simulated && !nodes.Down(n) && !nodes.NewOrLeaving(n) && !metrics.Has(n.Name) {
			missing = append(missing, nodeRef(n.Name))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	f := check.Finding{
		Severity: check.Warning,
		Summary:  fmt.Sprintf("metrics-server has no figures of node %s, so kubectl top shows <unknown>", missing[0].Name),
		Cause: "metrics-server, a pod, gets no answer from the kubelet on port 10250: a rule on the node, a NetworkPolicy, or " +
			"the kubelet refuses",
		Fixes: []check.Fix{
			fix("read what metrics-server's log says of the node",
				cmdline.Kubectl("logs", "-n", system, "-l", "k8s-app=metrics-server", "--tail=50")),
			fix("show the node's rules", noTunnel(missing[0].Name, cmdline.Program("iptables", "-S", "INPUT"))),
		},
	}
	return []check.Finding{f.About(missing, len(nodes.Items), "nodes")}
}

// tellingLine returns the last line that tells why metrics-server fails, shortened, and what it means where that is known.
func tellingLine(lines []string) (line, meaning string) {
	for _, l := range slices.Backward(lines) {
		switch e := errtext.Explain(l); {
		case e.Class == errtext.MetricsServer:
			return shortened(l), e.Meaning
		case line == "" && (strings.HasPrefix(l, "E") || strings.HasPrefix(l, "F") || strings.HasPrefix(l, "panic:")):
			line = shortened(l)
		}
	}
	return line, ""
}

// shortened returns the line without klog's header, and at most 200 characters of it.
func shortened(line string) string {
	if _, message, ok := strings.Cut(line, "] "); ok {
		line = message
	}
	if r := []rune(line); len(r) > 200 {
		return string(r[:200]) + "..."
	}
	return line
}
