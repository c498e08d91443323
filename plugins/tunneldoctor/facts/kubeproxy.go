package facts

import (
	"context"
	"maps"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/podhealth"
)

// KubeProxyInfo is the state of the DaemonSet kube-proxy, by which nodes lead to the pods of Services.
type KubeProxyInfo struct {
	// Found is false in a cluster without it, such as one whose network plugin does that itself.
	Found bool `json:"found"`
	// Replaced is the DaemonSet of the network plugin that may do it instead; it is looked for where Desired is zero.
	Replaced string `json:"replaced,omitempty"`
	// Desired is for how many nodes it is, and Ready on how many its pod is ready.
	Desired int `json:"desired,omitempty"`
	Ready   int `json:"ready,omitempty"`
	// NodeSelector is its pods' own, without the operating system.
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`
	// Pods are its pods, read only if some are missing or not ready.
	Pods []podhealth.Pod `json:"pods,omitempty"`
}

// KubeProxy is the state of kube-proxy. Its pods are read only if some are missing.
var KubeProxy = &Fact[KubeProxyInfo]{
	Name:  "kube-proxy",
	Needs: []check.Need{ClusterNodes},
	AccessIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceSystem: {
		fact.GetRule("apps", "daemonsets", append([]string{kubeProxy}, replacements()...)...), fact.Rule("", "pods", "list"),
	}},
	Gather: func(ctx context.Context, e *Env) (KubeProxyInfo, []check.Evidence, error) {
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "daemonset", kubeProxy, "-n", metav1.NamespaceSystem)}}
		nodes, err := ClusterNodes.From(ctx, e)
		if err != nil {
			return KubeProxyInfo{}, seen, err
		}
		d, err := e.Clients.AppsV1().DaemonSets(metav1.NamespaceSystem).Get(ctx, kubeProxy, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return KubeProxyInfo{}, seen, nil
		}
		if err != nil {
			return KubeProxyInfo{}, seen, err
		}
		info := KubeProxyInfo{
			Found: true, Desired: int(d.Status.DesiredNumberScheduled), Ready: int(d.Status.NumberReady),
			NodeSelector: maps.Clone(d.Spec.Template.Spec.NodeSelector),
		}
		delete(info.NodeSelector, corev1.LabelOSStable)
		if info.Ready >= info.Desired && info.Desired >= nodes.Linux() {
			return info, seen, nil
		}
		if info.Desired == 0 {
			for _, name := range replacements() {
				if _, err := e.Clients.AppsV1().DaemonSets(metav1.NamespaceSystem).Get(ctx, name, metav1.GetOptions{}); err == nil {
					info.Replaced = name
					return info, seen, nil
				}
			}
		}
		err = cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return e.Clients.CoreV1().Pods(metav1.NamespaceSystem).List(ctx, o)
		}, metav1.FormatLabelSelector(d.Spec.Selector), func(object runtime.Object) {
			if p, ok := object.(*corev1.Pod); ok {
				info.Pods = append(info.Pods, cluster.PodOf(p))
			}
		})
		return info, seen, err
	},
}

// kubeProxy is the name of the DaemonSet.
const kubeProxy = "kube-proxy"

// replacements are the DaemonSets of network plugins that can serve Services by eBPF, with kube-proxy switched off by a nodeSelector that
// no node has (https://docs.tigera.io/calico/latest/operations/ebpf/enabling-ebpf).
func replacements() []string { return []string{"calico-node", "cilium"} }

// Linux returns the number of Linux nodes with a machine.
func (l NodeList) Linux() int {
	count := 0
	for _, n := range l.Items {
		if !n.Simulated && n.OS != "windows" {
			count++
		}
	}
	return count
}
