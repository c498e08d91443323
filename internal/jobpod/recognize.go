package jobpod

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"sync"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// TokenAnnotation is an annotation of a Job's template, and so of its pod, with a random value that is unique to the Job.
const TokenAnnotation = "akstools.dev/token"

// withToken returns a copy of the Job with a TokenAnnotation.
func withToken(j *batchv1.Job) *batchv1.Job {
	j = j.DeepCopy()
	template := &j.Spec.Template
	template.Annotations = maps.Clone(template.Annotations)
	if template.Annotations == nil {
		template.Annotations = map[string]string{}
	}
	template.Annotations[TokenAnnotation] = rand.Text()
	return j
}

// recognizer distinguishes the pod of a Job from pods that others created to be mistaken for it. With such a pod, others would receive
// what we send, and we would trust what they return.
//
// Everyone who can read Jobs and create pods in the namespace can copy the Job's label, its owner reference and its token, and the Job
// controller adopts any pod with the label. So the pod must also be one that does what we want, where we want it: its spec must equal
// the template in everything that decides what our containers run, see and may do (see difference). A copy that passes this check is as
// good as the original. The UID and the token exclude those who cannot read Jobs.
//
// Admission may change the pod: webhooks inject sidecars, AKS safeguards set fields. If the pod differs from the template, a dry run
// shows how admission changes the template for this user, and the pod must equal that. Without permission to create pods there is no dry
// run, and a pod that differs from the template is not accepted.
//
// Other pods are ignored with a warning that names them, and the wait continues. If it ended with an error, everyone who can create pods
// could make every run fail at once. They can still make the Job itself fail, as the Job controller counts the pods that it has adopted;
// the error then names the pod.
type recognizer struct {
	maker *Maker
	job   *batchv1.Job // as returned by the API server, with defaults

	admitted     *corev1.PodSpec // the template after admission; nil until it is needed
	admissionErr error           // why admitted is unknown
	warned       map[types.UID]bool

	mu      sync.Mutex
	foreign string // why the last other pod was ignored
}

func newRecognizer(m *Maker, j *batchv1.Job) *recognizer {
	return &recognizer{maker: m, job: j, warned: map[types.UID]bool{}}
}

// maxWarnings is the maximum number of pods that are warned of: whoever creates one can create many.
const maxWarnings = 3

// is reports whether the pod is the Job's own. It prints a warning if it is not.
func (r *recognizer) is(ctx context.Context, pod *corev1.Pod) bool {
	reason := r.objection(ctx, pod)
	if reason != "" && !r.warned[pod.UID] && len(r.warned) < maxWarnings {
		r.warned[pod.UID] = true
		r.maker.Notes.Warnf("ignoring pod %s in namespace %s, which has the label of job/%s but is not its pod: %s",
			pod.Name, pod.Namespace, r.job.Name, reason)
	}
	if reason == "" {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.foreign = fmt.Sprintf("pod %s, which has the job's label, is not its pod: %s", pod.Name, reason)
	return false
}

// ignored returns why the last pod was ignored that was, or "".
func (r *recognizer) ignored() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.foreign
}

// objection returns why the pod is not the Job's own, or "".
func (r *recognizer) objection(ctx context.Context, pod *corev1.Pod) string {
	template := r.job.Spec.Template
	switch owner := metav1.GetControllerOf(pod); {
	case owner == nil || owner.UID != r.job.UID:
		return "it is not controlled by the job"
	case pod.Annotations[TokenAnnotation] == "" || pod.Annotations[TokenAnnotation] != template.Annotations[TokenAnnotation]:
		return "it does not have the token of the job's template"
	}
	for _, c := range template.Spec.Containers {
		if Restarted(pod, c.Name) {
			return fmt.Sprintf("container %s was restarted", c.Name)
		}
	}
	reason := difference(&template.Spec, &pod.Spec, nil)
	if reason == "" {
		return ""
	}
	admitted, err := r.admission(ctx)
	if err != nil {
		return fmt.Sprintf("it differs from the job's template (%s), and how admission changes the template is unknown: %v", reason, err)
	}
	reason = difference(admitted, &pod.Spec, &template.Spec)
	if reason != "" {
		return fmt.Sprintf("it differs from the job's template (%s), also after admission", reason)
	}
	return ""
}

// Restarted reports whether the container of the pod was restarted. With restartPolicy Never this happens only if somebody changed its
// image: the kubelet then replaces the container, whatever the policy
// (https://kubernetes.io/docs/concepts/workloads/pods/#pod-update-and-replacement). It is no longer the one that we created, even if the
// image is changed back.
func Restarted(pod *corev1.Pod, container string) bool {
	return slices.ContainsFunc(pod.Status.ContainerStatuses, func(s corev1.ContainerStatus) bool {
		return s.Name == container && s.RestartCount > 0
	})
}

// admission returns the Job's template as changed by admission, found out by a dry run.
func (r *recognizer) admission(ctx context.Context) (*corev1.PodSpec, error) {
	if r.admitted != nil || r.admissionErr != nil {
		return r.admitted, r.admissionErr
	}
	o := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	pod, err := r.maker.Clients.CoreV1().Pods(r.job.Namespace).Create(ctx, podOf(r.job), o)
	if err != nil {
		r.admissionErr = err
		return nil, err
	}
	r.admitted = &pod.Spec
	return r.admitted, nil
}

// podOf returns the Job's pod as the Job controller would create it, except for its name.
func podOf(j *batchv1.Job) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: *j.Spec.Template.ObjectMeta.DeepCopy(), Spec: *j.Spec.Template.Spec.DeepCopy()}
	pod.Namespace, pod.Name = j.Namespace, j.Name+"-0"
	pod.Labels = maps.Clone(pod.Labels)
	if pod.Labels == nil {
		pod.Labels = map[string]string{}
	}
	pod.Labels[batchv1.ControllerUidLabel], pod.Labels[batchv1.JobNameLabel] = string(j.UID), j.Name
	pod.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(j, batchv1.SchemeGroupVersion.WithKind("Job"))}
	return pod
}
