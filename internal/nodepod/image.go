package nodepod

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/kube"
)

// imageOnNode returns an image that a pod in kube-system is running on the node, so that nothing is pulled. If there is none, it
// returns cmdline.ToolImage, which the node has to pull, and pullReason is the reason. Images of pods with pull secrets are not used, since
// the kubelet would require the same secrets for our pod.
func imageOnNode(ctx context.Context, clients *kube.Clients, node string) (image, pullReason string) {
	pods, err := clients.CoreV1().Pods(metav1.NamespaceSystem).List(ctx, metav1.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("spec.nodeName", node).String(),
		Limit:         500,
	})
	if err != nil {
		return cmdline.ToolImage, "listing the pods in kube-system: " + err.Error()
	}
	if image := runningImage(pods.Items); image != "" {
		return image, ""
	}
	return cmdline.ToolImage, "no pod in kube-system is running there without an image pull secret"
}

// runningImage returns the image of a running container, or "". It prefers pods of DaemonSets, which stay on the node.
func runningImage(pods []corev1.Pod) string {
	best := ""
	for _, p := range pods {
		if len(p.Spec.ImagePullSecrets) > 0 || p.DeletionTimestamp != nil {
			continue
		}
		for _, c := range p.Spec.Containers {
			if !isRunning(p, c.Name) {
				continue
			}
			if owner := metav1.GetControllerOf(&p); owner != nil && owner.Kind == "DaemonSet" {
				return c.Image
			}
			if best == "" {
				best = c.Image
			}
		}
	}
	return best
}

func isRunning(p corev1.Pod, container string) bool {
	for _, s := range p.Status.ContainerStatuses {
		if s.Name == container {
			return s.State.Running != nil
		}
	}
	return false
}
