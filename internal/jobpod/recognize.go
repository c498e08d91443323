package jobpod

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"sync"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// TokenAnnotation of a Job's template and its pod has a random value of this Job alone.
const TokenAnnotation = "akstools.dev/token"

// withToken returns a copy of the Job whose pod carries a token.
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

// recognizer tells the pod of a Job from pods that others made to be taken for it: what we send to the pod, and what we believe of
// it, would be theirs.
//
// The Job's label, its UID as owner and its token can all be copied by whoever may read Jobs and create pods in the namespace,
// and the Job controller adopts a pod that has just the label. So the pod must also be one that does what we asked for, where we
// asked for it: its spec must be the template's, in all that decides what our containers run, see and may do (difference). A copy
// that passes is as good as the original. The UID and the token stop those who cannot read Jobs.
//
// Admission may have changed the pod: webhooks inject sidecars, safeguards set fields. Where the pod is not as the template, a dry
// run says what admission makes of the template for this user, and the pod must be as that; a user without the right to create
// pods gets no such answer, and no such pod is accepted.
//
// Another pod is ignored with a warning that names it, and the wait goes on: an error would let everybody with the right to create
// pods end every run at once. They can still make the Job itself fail, since the Job controller counts each pod that it has adopted;
// then the error names the pod.
type recognizer struct {
	maker *Maker
	job   *batchv1.Job // as the API server has it, so with its defaults

	admitted *corev1.PodSpec // what admission makes of the template; nil until it is needed
	failed   error           // why that is not known
	warned   map[types.UID]bool

	mu      sync.Mutex
	pod     types.UID // of the Job's own pod, once it was seen
	foreign string    // what was wrong with the last pod that was ignored
}

func newRecognizer(m *Maker, j *batchv1.Job) *recognizer {
	return &recognizer{maker: m, job: j, warned: map[types.UID]bool{}}
}

// mostWarnings bounds how many pods are named: whoever makes one can make many.
const mostWarnings = 3

// is reports whether the pod is the Job's own, and warns of one that is not.
func (r *recognizer) is(ctx context.Context, pod *corev1.Pod) bool {
	reason := r.objection(ctx, pod)
	if reason != "" && !r.warned[pod.UID] && len(r.warned) < mostWarnings {
		r.warned[pod.UID] = true
		r.maker.Notes.Warnf("ignoring pod %s in namespace %s, which has the label of job/%s but is not its pod: %s", pod.Name, pod.Namespace, r.job.Name, reason)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if reason != "" {
		r.foreign = fmt.Sprintf("pod %s, which has the job's label, is not its pod: %s", pod.Name, reason)
		return false
	}
	r.pod = pod.UID
	return true
}

// ignored returns what was wrong with the last pod that was ignored, or the empty string.
func (r *recognizer) ignored() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.foreign
}

// owns reports whether the UID is that of the Job or of its own pod, as far as that was seen.
func (r *recognizer) owns(uid types.UID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return uid != "" && (uid == r.job.UID || uid == r.pod)
}

// objection returns why the pod is not the Job's own, or the empty string.
func (r *recognizer) objection(ctx context.Context, pod *corev1.Pod) string {
	template := r.job.Spec.Template
	switch owner := metav1.GetControllerOf(pod); {
	case owner == nil || owner.UID != r.job.UID:
		return "the job does not control it"
	case pod.Annotations[TokenAnnotation] == "" || pod.Annotations[TokenAnnotation] != template.Annotations[TokenAnnotation]:
		return "it does not have the token of the job's template"
	}
	reason := difference(&template.Spec, &pod.Spec, nil)
	if reason == "" {
		return ""
	}
	admitted, err := r.admission(ctx)
	if err != nil {
		return fmt.Sprintf("%s is not the template's, and what admission makes of the template is not known: %v", reason, err)
	}
	if reason = difference(admitted, &pod.Spec, &template.Spec); reason != "" {
		return reason + " is neither the template's nor what admission makes of it"
	}
	return ""
}

// admission returns what admission makes of the Job's template, by a dry run.
func (r *recognizer) admission(ctx context.Context) (*corev1.PodSpec, error) {
	if r.admitted != nil || r.failed != nil {
		return r.admitted, r.failed
	}
	o := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	pod, err := r.maker.Clients.CoreV1().Pods(r.job.Namespace).Create(ctx, podOf(r.job), o)
	if err != nil {
		r.failed = err
		return nil, err
	}
	r.admitted = &pod.Spec
	return r.admitted, nil
}

// podOf returns the Job's pod as the Job controller would make it, but for its name.
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
