// Package testpod sends requests from inside the cluster, from a pod that passes the restricted Pod Security Standard, and
// reports the answers.
package testpod

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/dial"
	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/podhealth"
)

// Component is the component label of test pods.
const Component = "test-pod"

const (
	// startLimit is how long a test pod may take to start.
	startLimit = 20 * time.Second
	// Idle is how long a test pod runs after the last connection from it, life is its maximum lifetime.
	Idle = time.Minute
	life = 10 * time.Minute
	// user is nobody.
	user = 65534
)

// guard is the pod's main program: it exits $1 seconds after the last SIGUSR1, which the relay sends.
const guard = `trap 'left=$1' USR1; trap exit TERM; left=$1; while [ "$left" -gt 0 ]; do sleep 1 & wait $!; left=$((left-1)); done`

// Pod is a running test pod. Connections from it are like those of an app's pod. It may be used concurrently.
type Pod struct {
	Node  string // on which it runs
	maker *jobpod.Maker
	pod   jobpod.Pod
}

// Options are the options for creating a test pod.
type Options struct {
	Namespace string
	Node      string // empty or a Windows node: any Linux node that is Ready
	Image     string // empty: an image of tools that the node already has, otherwise cmdline.ToolImage
	Plugin    string // prefix of the Job's name
	// OnlyThere means that no other node will do where the kubelet of Node rejects the pod, such as because the node is full.
	OnlyThere bool
}

// Rights returns the permissions needed to create a test pod in the namespace and to connect from it.
func Rights(namespace string) []kube.Right {
	return append(jobpod.Rights(namespace), jobpod.ExecRights(namespace, "exec")...)
}

// Rules returns the RBAC rules for a test pod.
func Rules() []rbacv1.PolicyRule { return kube.Rules(append(Rights(""), jobpod.OptionalRights("")...)) }

// RefusedError reports that the API server does not admit a test pod to the namespace.
type RefusedError struct {
	Namespace string
	Err       error
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("admitting a test pod to namespace %s: %v", e.Namespace, e.Err)
}

func (e *RefusedError) Unwrap() error { return e.Err }

// Admits returns why the API server would not admit a test pod to the namespace, by a dry run; nil if it would, or if that is unknown.
func Admits(ctx context.Context, maker *jobpod.Maker, o Options) error {
	o.Image = cmp.Or(o.Image, cmdline.ToolImage)
	_, err := maker.Admit(ctx, job(o, &corev1.Node{}), o.Namespace)
	return err
}

// New creates a test pod and returns once it is running. The caller must close it.
func New(ctx context.Context, maker *jobpod.Maker, o Options) (*Pod, error) {
	if err := maker.Clients.Check(ctx, Rights(o.Namespace)...); err != nil {
		return nil, err
	}
	node, err := chooseNode(ctx, maker.Clients, o.Node)
	if err != nil {
		return nil, err
	}
	pod, err := start(ctx, maker, o, node)
	for tried := []string{node.Name}; rejected(err) && !o.OnlyThere && len(tried) < maxNodes; tried = append(tried, node.Name) {
		other, none := chooseNode(ctx, maker.Clients, "", tried...)
		if none != nil {
			break // the first error says more
		}
		maker.Notes.Warnf("%v; trying node %s", err, other.Name)
		node = other
		pod, err = start(ctx, maker, o, node)
	}
	return pod, err
}

// maxNodes is on how many nodes a test pod is tried at most.
const maxNodes = 3

// rejected reports whether a kubelet refused to run the pod.
func rejected(err error) bool {
	var e *jobpod.StartError
	return errors.As(err, &e) && e.Rejected
}

// start creates the test pod on the node and returns once it is running.
func start(ctx context.Context, maker *jobpod.Maker, o Options, node *corev1.Node) (*Pod, error) {
	o.Node = node.Name
	pulled := o.chooseImage(node, false)
	j := job(o, node)
	if _, err := maker.Admit(ctx, j, o.Namespace); err != nil {
		return nil, &RefusedError{o.Namespace, err}
	}
	pod, _, err := maker.Start(ctx, j, startLimit, jobpod.Running, leftover)
	if err != nil && pulled {
		err = withImageHint(err, o)
	}
	if err != nil {
		return nil, err
	}
	return &Pod{Node: o.Node, maker: maker, pod: pod}, nil
}

// chooseNode returns the node for a test pod, which is none of the others. The pod is bound to it directly, so that it also runs if the
// scheduler does not.
func chooseNode(ctx context.Context, clients *kube.Clients, preferred string, others ...string) (*corev1.Node, error) {
	if preferred != "" {
		node, err := clients.CoreV1().Nodes().Get(ctx, preferred, metav1.GetOptions{})
		if err != nil { // its taints and images are unknown, but usually not needed
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
		node := &nodes.Items[i]
		if !slices.Contains(others, node.Name) && !node.Spec.Unschedulable && podhealth.NodeReady(node).Status == corev1.ConditionTrue {
			return node, nil
		}
	}
	return nil, errors.New("no Linux node is ready for the test pod")
}

var leftover = fmt.Sprintf("it exits by itself within %s and is deleted %s later", Idle, jobpod.FinishedTTL)

// Dialer returns a Dialer that connects from the pod.
func (p *Pod) Dialer() dial.Dialer {
	return &dial.Relay{Clients: p.maker.Clients, Tool: dial.Netcat, At: p.Container()}
}

// Container returns the container for exec.
func (p *Pod) Container() kube.Container {
	return kube.Container{Namespace: p.pod.Namespace, Pod: p.pod.Name, Name: Component}
}

// Running reports whether the pod still runs as it was created. Whoever may delete pods in its namespace, or change them, can stop it.
func (p *Pod) Running(ctx context.Context) (bool, error) {
	pod, err := p.maker.Clients.CoreV1().Pods(p.pod.Namespace).Get(ctx, p.pod.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	return pod.UID == p.pod.UID && pod.DeletionTimestamp == nil && pod.Status.Phase == corev1.PodRunning &&
		!jobpod.Restarted(pod, Component), nil
}

// Close removes the pod, even if ctx is done.
func (p *Pod) Close(ctx context.Context) { p.maker.Remove(ctx, p.pod, leftover) }

// Labels returns the labels of a test pod, without those that the Job adds.
func Labels() map[string]string {
	return map[string]string{
		jobpod.ManagedByLabel: jobpod.ManagedBy, jobpod.ComponentLabel: Component,
		// a mesh's proxy would answer in place of the target
		"sidecar.istio.io/inject": "false", "istio.io/dataplane-mode": "none",
	}
}

// annotations returns the annotations of a test pod: Linkerd's injector ignores labels
// (https://linkerd.io/2/features/proxy-injection/).
func annotations() map[string]string { return map[string]string{"linkerd.io/inject": "disabled"} }

func job(o Options, node *corev1.Node) *batchv1.Job {
	labels := Labels()
	requests := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("10m"), corev1.ResourceMemory: resource.MustParse("16Mi")}
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
						Resources: corev1.ResourceRequirements{Requests: requests, Limits: limits},
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
