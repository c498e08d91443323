// Package testpod asks from inside the cluster what an address answers: from a pod that any namespace admits.
package testpod

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/dial"
	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/kube"
)

// Component is the component label of test pods.
const Component = "test-pod"

const (
	// Image is the one that AKS documents for pods that have a shell and network tools
	// (https://learn.microsoft.com/azure/aks/node-access).
	Image = "mcr.microsoft.com/azurelinux/busybox:1.36"
	// startLimit is how long a test pod may take to run.
	startLimit = 20 * time.Second
	// Idle is how long a test pod outlives the last connection made from it, life how long it lives at most.
	Idle = time.Minute
	life = 10 * time.Minute
	// user is nobody.
	user = 65534
)

// guard is the pod's main program: it ends $1 seconds after the last SIGUSR1, which the relay sends.
const guard = `trap 'left=$1' USR1; trap exit TERM; left=$1; while [ "$left" -gt 0 ]; do sleep 1 & wait $!; left=$((left-1)); done`

// Pod is a pod that passes the restricted Pod Security Standard and from which connections are made as an app would
// make them.
type Pod struct {
	Node  string // where it runs
	maker *jobpod.Maker
	pod   jobpod.Pod
}

// Options say where and of what a test pod is made.
type Options struct {
	Namespace string
	Node      string // empty, or a node of another system than Linux: any Linux node that is Ready
	Image     string // empty: one that the node has and that is known to have sh and nc, else Image
	Plugin    string // for the Job's name
}

// Rights are what a user needs to make a test pod in the namespace and to connect from it.
func Rights(namespace string) []kube.Right {
	return append(jobpod.Rights(namespace), jobpod.ExecRights(namespace, "exec")...)
}

// New makes a test pod and returns when it runs. The caller closes it.
func New(ctx context.Context, maker *jobpod.Maker, o Options) (*Pod, error) {
	if err := maker.Clients.Check(ctx, Rights(o.Namespace)...); err != nil {
		return nil, err
	}
	node, err := chooseNode(ctx, maker.Clients, o.Node)
	if err != nil {
		return nil, err
	}
	o.Node = node.Name
	if o.Image == "" {
		o.Image = toolImage(node, "busybox", "netshoot", "alpine")
	}
	j := job(o, node)
	if err := maker.Admit(ctx, j, o.Namespace); err != nil {
		return nil, fmt.Errorf("a test pod is not admitted to namespace %s: %w", o.Namespace, err)
	}
	pod, _, err := maker.Start(ctx, j, startLimit, jobpod.Running, leftover)
	if err != nil {
		return nil, err
	}
	return &Pod{Node: o.Node, maker: maker, pod: pod}, nil
}

// chooseNode returns the node for a test pod, which is not scheduled: it runs where the scheduler does not.
func chooseNode(ctx context.Context, clients *kube.Clients, preferred string) (*corev1.Node, error) {
	if preferred != "" {
		node, err := clients.CoreV1().Nodes().Get(ctx, preferred, metav1.GetOptions{})
		if err != nil { // what its taints and images are is not known: mostly neither is needed
			return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: preferred}}, nil //nolint:nilerr
		}
		if node.Labels[corev1.LabelOSStable] != "windows" {
			return node, nil
		}
	}
	nodes, err := clients.CoreV1().Nodes().List(ctx, metav1.ListOptions{LabelSelector: corev1.LabelOSStable + "=linux", Limit: 20})
	if err != nil {
		return nil, fmt.Errorf("choosing a node for the test pod: %w", err)
	}
	for i := range nodes.Items {
		if node := &nodes.Items[i]; !node.Spec.Unschedulable && ready(node) {
			return node, nil
		}
	}
	return nil, errors.New("no Linux node that is Ready was found for the test pod")
}

func ready(node *corev1.Node) bool {
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

var leftover = fmt.Sprintf("it ends by itself within %s and is gone %s later", Idle, jobpod.FinishedTTL)

// Dialer returns the Dialer from the pod's place.
func (p *Pod) Dialer() dial.Dialer {
	return &dial.Relay{Clients: p.maker.Clients, Tool: dial.Netcat, At: p.Container()}
}

// Container returns the place for exec.
func (p *Pod) Container() kube.Container {
	return kube.Container{Namespace: p.pod.Namespace, Pod: p.pod.Name, Name: Component}
}

// Close removes the pod, also when ctx has ended.
func (p *Pod) Close(ctx context.Context) { p.maker.Remove(ctx, p.pod, leftover) }

// toolImage returns an image of one of the repositories, which are known to have sh and nc, that the node says to have
// (status.images: the 50 largest), so that nothing is pulled.
func toolImage(node *corev1.Node, repositories ...string) string {
	for _, image := range node.Status.Images {
		for _, name := range image.Names {
			repository, _, digest := strings.Cut(name, "@")
			if i := strings.LastIndex(repository, ":"); i > strings.LastIndex(repository, "/") {
				repository = repository[:i]
			}
			for _, known := range repositories {
				if !digest && path.Base(repository) == known {
					return name
				}
			}
		}
	}
	return Image
}

// Labels are those of a test pod, beside the Job's own.
func Labels() map[string]string {
	return map[string]string{
		jobpod.ManagedByLabel: jobpod.ManagedBy, jobpod.ComponentLabel: Component,
		// a mesh's proxy would answer in the place of what is tested
		"sidecar.istio.io/inject": "false", "istio.io/dataplane-mode": "none",
	}
}

// annotations are those of a test pod: Linkerd's injector looks at no label (https://linkerd.io/2/features/proxy-injection/).
func annotations() map[string]string { return map[string]string{"linkerd.io/inject": "disabled"} }

func job(o Options, node *corev1.Node) *batchv1.Job {
	labels := Labels()
	few := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("10m"), corev1.ResourceMemory: resource.MustParse("16Mi")}
	limits := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("500m"), corev1.ResourceMemory: resource.MustParse("64Mi")}
	return &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Namespace: o.Namespace, Name: o.Plugin + "-test-" + rand.String(5), Labels: labels},
		Spec: batchv1.JobSpec{
			BackoffLimit:            ptr.To[int32](0),
			ActiveDeadlineSeconds:   ptr.To(int64(life.Seconds())),
			TTLSecondsAfterFinished: ptr.To(int32(jobpod.FinishedTTL.Seconds())),
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: annotations()},
				Spec: corev1.PodSpec{
					NodeName:                      o.Node,
					RestartPolicy:                 corev1.RestartPolicyNever,
					TerminationGracePeriodSeconds: ptr.To[int64](1),
					AutomountServiceAccountToken:  ptr.To(false),
					EnableServiceLinks:            ptr.To(false),
					Tolerations:                   jobpod.Tolerations(node),
					SecurityContext: &corev1.PodSecurityContext{
						RunAsNonRoot: ptr.To(true), RunAsUser: ptr.To[int64](user), RunAsGroup: ptr.To[int64](user),
						SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
					},
					Containers: []corev1.Container{{
						Name: Component, Image: o.Image, ImagePullPolicy: corev1.PullIfNotPresent,
						Command:   []string{"sh", "-c", guard, "guard", fmt.Sprint(int(Idle.Seconds()))},
						Resources: corev1.ResourceRequirements{Requests: few, Limits: limits},
						SecurityContext: &corev1.SecurityContext{
							AllowPrivilegeEscalation: ptr.To(false), ReadOnlyRootFilesystem: ptr.To(true),
							Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
						},
					}},
				},
			},
		},
	}
}
