package nodepod

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/kube"
)

// maxImages is how many images that are on a node are tried: one that runs may have been removed meanwhile.
const maxImages = 3

// maxPods is how many pods of a node are read: more than a kubelet of AKS runs
// (https://learn.microsoft.com/azure/aks/quotas-skus-regions).
const maxPods = 250

// imagesOnNode returns the images to try on the node, the best first: some that pods in kube-system are running there, so that nothing is
// pulled, then cmdline.ToolImage, which the node may have to pull. Images of pods with pull secrets are not used, since the kubelet would
// require the same secrets for our pod.
func imagesOnNode(ctx context.Context, clients *kube.Clients, node string) []image {
	o := &metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("spec.nodeName", node).String(), Limit: maxPods}
	request := clients.CoreV1().RESTClient().Get().Namespace(metav1.NamespaceSystem).Resource("pods").VersionedParams(o, scheme.ParameterCodec)
	pods, err := kube.Some[corev1.Pod](ctx, request, maxPods)
	if err != nil {
		return []image{{name: cmdline.ToolImage, pullReason: "listing the pods in kube-system: " + err.Error()}}
	}
	var images []image
	for _, name := range runningImages(pods) {
		images = append(images, image{name: name, onNode: true})
	}
	reason := "no pod in kube-system is running there without an image pull secret"
	if len(images) > 0 {
		reason = "those that its pods are running cannot be used"
	}
	return append(images[:min(len(images), maxImages)], image{name: cmdline.ToolImage, pullReason: reason})
}

// runningImages returns the images of running containers, without duplicates: first those of DaemonSets, whose pods stay on the node.
func runningImages(pods []corev1.Pod) []string {
	var stay, others []string
	for _, p := range pods {
		if len(p.Spec.ImagePullSecrets) > 0 || p.DeletionTimestamp != nil {
			continue
		}
		owner := metav1.GetControllerOf(&p)
		for _, c := range p.Spec.Containers {
			switch {
			case !isRunning(p, c.Name):
			case owner != nil && owner.Kind == "DaemonSet":
				stay = append(stay, c.Image)
			default:
				others = append(others, c.Image)
			}
		}
	}
	var all []string
	for _, name := range append(stay, others...) {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

func isRunning(p corev1.Pod, container string) bool {
	for _, s := range p.Status.ContainerStatuses {
		if s.Name == container {
			return s.State.Running != nil
		}
	}
	return false
}
