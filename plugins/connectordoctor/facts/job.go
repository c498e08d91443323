package facts

import (
	"context"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/internal/redact"
)

// JobName is the Job in sc-system that writes what a connection needs. Helm runs it as a hook, and deletes it once it has succeeded.
const JobName = "sc-job"

// JobInfo is the Job of the last operation, if it has not succeeded.
type JobInfo struct {
	Exists  bool                `json:"exists"`
	At      time.Time           `json:"at"` // when it was read
	Created time.Time           `json:"created,omitzero"`
	Failed  podhealth.Condition `json:"failed,omitzero"` // its condition Failed; its Status is empty where it has none
	// Complete reports whether it has succeeded, and is about to be deleted.
	Complete  bool   `json:"complete,omitempty"`
	Suspended bool   `json:"suspended,omitempty"`
	Active    int32  `json:"active,omitempty"` // pods that run or are pending
	Failures  int32  `json:"failures,omitempty"`
	Image     string `json:"image,omitempty"` // of its first container
	// Deleted is when its deletion was asked for, and Finalizers are what it waits for; zero: it is not being deleted.
	Deleted    time.Time `json:"deleted,omitzero"`
	Finalizers []string  `json:"finalizers,omitempty"`
}

// Job is the Job sc-job.
var Job = &Fact[JobInfo]{
	Name:     "job",
	Needs:    []check.Need{SystemNamespace},
	AccessIn: map[string][]rbacv1.PolicyRule{System: {fact.GetRule("batch", "jobs", JobName)}},
	Gather: func(ctx context.Context, e *Env) (JobInfo, []check.Evidence, error) {
		ns, err := SystemNamespace.From(ctx, e)
		if err != nil || !ns.Exists {
			return JobInfo{At: now()}, nil, err
		}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "job", JobName, "-n", System, "-o", "yaml", "--ignore-not-found")}}
		info, err := fact.Cached(e.Shared, JobName, func() (JobInfo, error) { return readJob(ctx, e) })
		return info, seen, err
	},
}

func readJob(ctx context.Context, e *Env) (JobInfo, error) {
	info := JobInfo{At: now()}
	o, err := e.Clients.BatchV1().Jobs(System).Get(ctx, JobName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return info, nil
	}
	if err != nil {
		return info, err
	}
	info.Exists, info.Created, info.Active, info.Failures = true, o.CreationTimestamp.UTC(), o.Status.Active, o.Status.Failed
	if o.DeletionTimestamp != nil {
		info.Deleted, info.Finalizers = o.DeletionTimestamp.UTC(), o.Finalizers
	}
	info.Suspended = ptr.Deref(o.Spec.Suspend, false)
	if containers := o.Spec.Template.Spec.Containers; len(containers) > 0 {
		info.Image = redact.Line(containers[0].Image)
	}
	info.Failed = jobFailed(o)
	for _, c := range o.Status.Conditions {
		info.Complete = info.Complete || c.Status == corev1.ConditionTrue && c.Type == batchv1.JobComplete
	}
	return info, nil
}

// jobFailed is the Job's condition that it has failed; the zero Condition if it has not.
func jobFailed(o *batchv1.Job) podhealth.Condition {
	for _, c := range o.Status.Conditions {
		if c.Type == batchv1.JobFailed && c.Status == corev1.ConditionTrue {
			return cluster.Condition(string(c.Type), string(c.Status), c.Reason, c.Message, c.LastTransitionTime)
		}
	}
	return podhealth.Condition{}
}

// JobPods are the pods of the Job, the newest first. A Job keeps those that failed.
var JobPods = &Fact[[]podhealth.Pod]{
	Name:     "job-pods",
	Needs:    []check.Need{Job},
	AccessIn: map[string][]rbacv1.PolicyRule{System: {fact.Rule("", "pods", "list")}},
	Gather: func(ctx context.Context, e *Env) ([]podhealth.Pod, []check.Evidence, error) {
		pods := []podhealth.Pod{}
		job, err := Job.From(ctx, e)
		if err != nil || !job.Exists {
			return pods, nil, err
		}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "pods", "-n", System, "-l", ofJob, "-o", "wide")}}
		all, err := podsOfJob(ctx, e)
		for _, p := range all {
			pods = append(pods, cluster.PodOf(p))
		}
		return pods, seen, err
	},
}

// ofJob selects the pods of the Job.
const ofJob = "job-name=" + JobName

// podsOfJob returns the pods of the Job, the newest first.
func podsOfJob(ctx context.Context, e *Env) ([]*corev1.Pod, error) {
	return fact.Cached(e.Shared, "pods of "+JobName, func() (pods []*corev1.Pod, err error) {
		err = cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return e.Clients.CoreV1().Pods(System).List(ctx, o)
		}, ofJob, func(object runtime.Object) {
			if p, ok := object.(*corev1.Pod); ok {
				pods = append(pods, p)
			}
		})
		slices.SortStableFunc(pods, func(a, b *corev1.Pod) int { return b.CreationTimestamp.Compare(a.CreationTimestamp.Time) })
		return pods, err
	})
}

// JobEvents are the warnings about the Job and about its newest pods.
var JobEvents = &Fact[podhealth.Events]{
	Name:     "job-events",
	Needs:    []check.Need{Job, JobPods},
	AccessIn: map[string][]rbacv1.PolicyRule{System: {fact.Rule("", "events", "list")}},
	Gather: func(ctx context.Context, e *Env) (podhealth.Events, []check.Evidence, error) {
		job, err := Job.From(ctx, e)
		if err != nil || !job.Exists {
			return podhealth.Events{}, nil, err
		}
		refs := []check.Ref{{Kind: "Job", Namespace: System, Name: JobName}}
		pods, err := JobPods.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		for _, p := range pods[:min(len(pods), podhealth.MaxEventPods)] {
			refs = append(refs, check.Ref{Kind: "Pod", Namespace: System, Name: p.Name})
		}
		return cluster.Events(ctx, e.Clients, refs)
	},
}

// JobLog is the end of the log of the newest container of the Job that exited with an error.
var JobLog = &Fact[LogTail]{
	Name:     "job-log",
	Needs:    []check.Need{JobPods},
	AccessIn: map[string][]rbacv1.PolicyRule{System: {fact.Rule("", "pods/log", "get")}},
	Gather: func(ctx context.Context, e *Env) (LogTail, []check.Evidence, error) {
		pods, err := JobPods.From(ctx, e)
		if err != nil {
			return LogTail{}, nil, err
		}
		for _, p := range pods {
			for _, c := range p.Containers {
				if previous, exited := c.Exited(); exited.ExitCode != 0 {
					return LogTail{Pod: p.Name, Container: c.Name, Previous: previous, Exited: true}.read(ctx, e, System), nil, nil
				}
			}
		}
		return LogTail{}, nil, nil
	},
}
