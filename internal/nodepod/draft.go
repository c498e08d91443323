package nodepod

import (
	"context"
	"errors"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/podhealth"
)

// draft is a node pod that is to be created. It is tried again, changed, where the node's kubelet does not start it as it is.
type draft struct {
	node     *corev1.Node
	who      identity
	options  Options
	images   []image // to be tried in this order; at least one
	template func(image string) (*corev1.PodTemplateSpec, error)

	evicted   bool // the kubelet rejected the pod because of a pressure, whatever the node's conditions were
	announced bool // that the pod is critical
}

// image is an image for a node pod.
type image struct {
	name string
	// onNode means that a pod runs it there, so that it must not be pulled.
	onNode bool
	// pullReason is why none is used that is on the node; empty: one is, or the user has chosen it.
	pullReason string
}

// job returns a new Job for the draft's first image.
func (d *draft) job() (*batchv1.Job, error) {
	template, err := d.template(d.images[0].name)
	if err != nil {
		return nil, err
	}
	if d.images[0].onNode {
		for i := range template.Spec.Containers {
			template.Spec.Containers[i].ImagePullPolicy = corev1.PullNever
		}
	}
	return job(d.node, template, d.who, d.options), nil
}

// launch creates the draft's pod and returns once it satisfies done. On an error nothing is left. With claim it records each Job for
// this process alone; the caller must call unclaim once the Job is deleted.
func (m *Manager) launch(
	ctx context.Context, d *draft, done jobpod.Condition, claim bool,
) (pod Pod, object *corev1.Pod, unclaim func(), err error) {
	for {
		if i := d.images[0]; i.pullReason != "" {
			m.Notes.Warnf("node %s must pull image %s, because no image is known to be on it already (%s)", d.node.Name, i.name, i.pullReason)
		}
		j, err := m.admitted(ctx, d)
		if err != nil {
			return Pod{}, nil, nil, err
		}
		unclaim = func() {}
		if claim {
			unclaim = m.claim(j)
		}
		watch := &startWatch{manager: m, node: d.node, options: d.options, pulls: !d.images[0].onNode}
		starting, stop := watch.begin(ctx)
		pod, object, err = m.create(starting, j, d.options, watch.seeing(done))
		stop()
		if err == nil {
			return pod, object, unclaim, nil
		}
		unclaim()
		if ctx.Err() != nil || !m.again(d, j, err) {
			return Pod{}, nil, nil, m.explain(ctx, d, j, err)
		}
	}
}

// again changes the draft so that its pod may start although the Job's did not, with that error, and reports whether it did.
func (m *Manager) again(d *draft, j *batchv1.Job, err error) bool {
	var start *jobpod.StartError
	switch {
	case !errors.As(err, &start):
		return false
	case podhealth.PullFailed(start.Reason) && len(d.images) > 1:
		m.Notes.Stepf("image %s cannot be used on node %s (%s), trying another one", d.images[0].name, d.node.Name, start.Reason)
		d.images = d.images[1:]
		return true
	case start.Rejected && start.Reason == evicted && j.Spec.Template.Spec.PriorityClassName != criticalClass && !d.evicted:
		m.Notes.Stepf("%v; trying a critical pod", err)
		d.evicted = true
		return true
	}
	return false
}

// evicted is the reason with which a kubelet rejects pods under pressure.
const evicted = "Evicted"
