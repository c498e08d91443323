package nodepod

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/kubectl/pkg/cmd/debug"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/jobpod"
)

// idleGuard is the pod's main program. It exits when no client has written a line for $1 seconds, which ends everything that was
// started in the pod. It needs bash: POSIX read has no timeout.
const idleGuard = `while IFS= read -r -t "$1" _; do :; done`

// identity is who creates a pod, as the API server authenticated them.
type identity struct{ user string }

// job returns the Job that runs the template's pod on the node.
func job(node *corev1.Node, template *corev1.PodTemplateSpec, who identity, o Options) *batchv1.Job {
	labels := map[string]string{jobpod.ManagedByLabel: jobpod.ManagedBy, jobpod.ComponentLabel: Component}
	annotations := map[string]string{NodeAnnotation: node.Name, SubcommandAnnotation: o.Subcommand}
	for name, value := range map[string]string{UserAnnotation: who.user, ReasonAnnotation: o.Reason} {
		if value != "" {
			annotations[name] = value
		}
	}
	template.Labels, template.Annotations = labels, annotations
	return &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Namespace: o.Namespace, Name: jobName(node.Name), Labels: labels, Annotations: annotations},
		Spec: batchv1.JobSpec{
			BackoffLimit:            ptr.To[int32](0),
			ActiveDeadlineSeconds:   ptr.To(int64(o.MaxDuration.Seconds())),
			TTLSecondsAfterFinished: ptr.To(int32(jobpod.FinishedTTL.Seconds())),
			Template:                *template,
		},
	}
}

// namePrefix begins the name of every Job.
const namePrefix = "aksnode-"

// jobName returns a unique name. With the suffix of the Job's pod it fits into 63 characters.
func jobName(node string) string {
	return namePrefix + strings.TrimRight(fmt.Sprintf("%.40s", node), ".-") + "-" + rand.String(5)
}

// guardCommand returns the argv of the idle guard.
func guardCommand(idle time.Duration) []string {
	return []string{"/usr/bin/bash", "-c", idleGuard, "idle-guard", strconv.FormatFloat(idle.Seconds(), 'f', -1, 64)}
}

// podTemplate applies kubectl debug's sysadmin profile for nodes, which operators know, and mounts the node's own programs over the
// image's. So the image needs neither a shell nor libraries; it only has to be on the node.
//
// Each program is a command from the node's own /usr and runs in a container of its own. Only the first can enter the node. All share
// scratchDir.
func podTemplate(node *corev1.Node, image string, programs [][]string) (*corev1.PodTemplateSpec, error) {
	pod := &corev1.Pod{Spec: corev1.PodSpec{
		NodeName:                      node.Name,
		RestartPolicy:                 corev1.RestartPolicyNever,
		TerminationGracePeriodSeconds: ptr.To[int64](1),
		AutomountServiceAccountToken:  ptr.To(false),
		EnableServiceLinks:            ptr.To(false),
		Tolerations:                   jobpod.Tolerations(node),
	}}
	for i, argv := range programs {
		pod.Spec.Containers = append(pod.Spec.Containers, container(i, image, argv))
	}
	profile, err := debug.NewProfileApplier(debug.ProfileSysadmin, debug.KeepFlags{})
	if err != nil {
		return nil, err
	}
	if err := profile.Apply(pod, containerName, node); err != nil {
		return nil, err
	}
	for _, dir := range hostDirs(node) {
		mount(pod, corev1.VolumeMount{Name: "host-" + dir, MountPath: "/" + dir, ReadOnly: true}, corev1.VolumeSource{
			HostPath: &corev1.HostPathVolumeSource{Path: "/" + dir, Type: ptr.To(corev1.HostPathDirectory)},
		})
	}
	if len(programs) > 1 {
		mount(pod, corev1.VolumeMount{Name: "scratch", MountPath: scratchDir}, corev1.VolumeSource{
			EmptyDir: &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMediumMemory, SizeLimit: ptr.To(resource.MustParse("64Mi"))},
		})
	}
	return &corev1.PodTemplateSpec{Spec: pod.Spec}, nil
}

// scratchDir is a directory that the containers of a pod share if there is more than one.
const scratchDir = "/run/akstools"

func container(i int, image string, argv []string) corev1.Container {
	name := containerName
	if i > 0 {
		name = fmt.Sprintf("%s-%d", containerName, i+1)
	}
	return corev1.Container{
		Name:            name,
		Image:           image,
		ImagePullPolicy: corev1.PullIfNotPresent,
		Command:         argv,
		WorkingDir:      "/",
		Stdin:           i == 0,
		SecurityContext: &corev1.SecurityContext{RunAsUser: ptr.To[int64](0), RunAsGroup: ptr.To[int64](0), RunAsNonRoot: ptr.To(false)},
		Resources: corev1.ResourceRequirements{
			Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("10m"), corev1.ResourceMemory: resource.MustParse("32Mi")},
			// these also apply to what the user runs on the node
			Limits: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2"), corev1.ResourceMemory: resource.MustParse("1Gi")},
		},
	}
}

// mount adds the volume to the pod and mounts it in all its containers.
func mount(pod *corev1.Pod, m corev1.VolumeMount, source corev1.VolumeSource) {
	pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: m.Name, VolumeSource: source})
	for i := range pod.Spec.Containers {
		c := &pod.Spec.Containers[i]
		c.VolumeMounts = append(c.VolumeMounts, m)
	}
}

// hostDirs returns the node's top-level directories that its programs need to start. On amd64 the dynamic loader is in /lib64.
func hostDirs(node *corev1.Node) []string {
	if node.Status.NodeInfo.Architecture == "arm64" {
		return []string{"usr", "lib"}
	}
	return []string{"usr", "lib", "lib64"}
}
