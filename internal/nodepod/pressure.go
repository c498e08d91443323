package nodepod

import (
	"context"
	"fmt"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/akstools/akstools/internal/cmdline"
)

// criticalClass is the priority class of pods that a kubelet admits under pressure and never evicts. Namespaces may be excluded from it,
// by quotas (https://kubernetes.io/docs/tasks/administer-cluster/guaranteed-scheduling-critical-addon-pods).
const criticalClass = "system-node-critical"

// Pressure returns the conditions because of which the node's kubelet is short of something. It then admits only critical pods, and under
// MemoryPressure alone also pods with requests, as node pods are, but may evict them
// (https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction).
func Pressure(node *corev1.Node) []string {
	var all []string
	for _, c := range node.Status.Conditions {
		switch c.Type {
		case corev1.NodeDiskPressure, corev1.NodeMemoryPressure, corev1.NodePIDPressure:
			if c.Status == corev1.ConditionTrue {
				all = append(all, string(c.Type))
			}
		}
	}
	return all
}

// variant is how much a node pod asks for, besides what it needs: less may be admitted where more is denied.
type variant struct {
	critical bool
	// tolerant means that it tolerates every taint, those that the node has not yet among them. AKS Automatic denies that
	// (https://learn.microsoft.com/azure/aks/automatic/aks-automatic-managed-system-node-pools-about).
	tolerant bool
}

// of returns the Job with the variant's pod. A critical pod requests nothing: the kubelet evicts other pods for what it requests.
func (v variant) of(j *batchv1.Job) *batchv1.Job {
	j = j.DeepCopy()
	pod := &j.Spec.Template.Spec
	if v.tolerant {
		pod.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}
	} else { // besides the node's taints, those for which pods are evicted once their kubelet has been silent for 5 minutes
		for _, key := range []string{corev1.TaintNodeNotReady, corev1.TaintNodeUnreachable} {
			t := corev1.Toleration{Key: key, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute}
			pod.Tolerations = append(pod.Tolerations, t)
		}
	}
	if v.critical {
		pod.PriorityClassName = criticalClass
		for i := range pod.Containers {
			for name := range pod.Containers[i].Resources.Requests {
				pod.Containers[i].Resources.Requests[name] = resource.Quantity{Format: resource.DecimalSI}
			}
		}
	}
	return j
}

// admitted returns the draft's Job in the first variant that admission admits in a dry run. The error of a denied pod is a *DenialError,
// or an *UnusableNodeError if only the critical pod is denied that the node needs.
func (m *Manager) admitted(ctx context.Context, d *draft) (*batchv1.Job, error) {
	plain, err := d.job()
	if err != nil {
		return nil, err
	}
	pressure := Pressure(d.node)
	critical := d.evicted || len(pressure) > 0
	variants := []variant{{false, true}, {false, false}}
	if critical {
		variants = append([]variant{{true, true}, {true, false}}, variants...)
	}
	var noCritical, last error // the denials of the last critical pod, and of the last one
	for _, v := range variants {
		j := v.of(plain)
		known, err := m.maker().Admit(ctx, j, j.Namespace)
		switch {
		case !known:
			j = variant{critical, false}.of(plain)
			m.announce(d, j)
			return j, nil
		case err == nil && v.critical == critical:
			m.announce(d, j)
			return j, nil
		case err == nil:
			return m.uncritical(ctx, d, plain, j, noCritical)
		case asDenial(err, j.Namespace) == nil:
			return nil, err
		}
		if v.critical {
			noCritical = err
		}
		last = err
	}
	return nil, m.denial(ctx, last, variant{critical, false}.of(plain))
}

// announce tells the user about a critical pod, once.
func (m *Manager) announce(d *draft, j *batchv1.Job) {
	if j.Spec.Template.Spec.PriorityClassName != criticalClass || d.announced {
		return
	}
	d.announced = true
	why := strings.Join(Pressure(d.node), " and ")
	if why == "" {
		why = "no room, according to its kubelet"
	}
	m.Notes.Warnf("node %s has %s: the node pod gets priority class %s, as its kubelet starts only critical pods; if the node "+
		"runs its maximum number of pods, the kubelet evicts another one", d.node.Name, why, criticalClass)
}

// uncritical returns the Job j, which is not critical, for a node on which critical pods are preferred but denied, for the reason that is
// given. It returns an *UnusableNodeError if only a critical pod would start.
func (m *Manager) uncritical(ctx context.Context, d *draft, plain, j *batchv1.Job, reason error) (*batchv1.Job, error) {
	pressure := Pressure(d.node)
	denial := asDenial(reason, j.Namespace)
	if len(pressure) == 1 && pressure[0] == string(corev1.NodeMemoryPressure) && !d.evicted {
		m.Notes.Warnf("node %s has %s, and critical pods are not allowed in namespace %s by %s: the kubelet may evict the node pod",
			d.node.Name, pressure[0], j.Namespace, denial.Policy)
		return j, nil
	}
	if len(pressure) == 0 {
		pressure = []string{"no room, according to its kubelet"}
	}
	e := &UnusableNodeError{
		Node: d.node.Name, Machine: true, Err: denial,
		Reason: fmt.Sprintf("has %s: its kubelet starts only critical pods, and these are not allowed in namespace %q by %s: %s",
			strings.Join(pressure, " and "), j.Namespace, denial.Policy, denial.Message),
	}
	if ns := m.allowedNamespace(ctx, variant{critical: true}.of(plain)); ns != "" {
		e.Hints = append(e.Hints, fmt.Sprintf("a critical pod is allowed in namespace %s: add %s", ns, cmdline.Quote([]string{"-n", ns})))
	}
	e.Hints = append(e.Hints, m.ways(ctx, d.node, d.options)...)
	return nil, e
}
