package facts

import (
	"context"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/internal/redact"
)

// Consumer is a workload that uses what a connection provides, by its pod template; or a pod without a workload.
type Consumer struct {
	Ref      check.Ref `json:"ref"`
	Template PodUse    `json:"template"`
	// Label is the value of UseLabel on the workload itself, where it has no effect.
	Label    string `json:"label,omitempty"`
	Replicas int32  `json:"replicas"` // wanted; of Jobs 1 until they are finished
	// Failure is why its pods cannot be created; its Status is empty if there is no such condition.
	Failure podhealth.Condition `json:"failure,omitzero"`
	// Failed is the condition of a Job that has failed.
	Failed podhealth.Condition `json:"failed,omitzero"`
	// Held is why pods keep an earlier template than Template, if that is so.
	Held Held `json:"held,omitempty"`
	// Annotated is what has the annotation ClientAnnotation, where it has no effect: the workload itself, its template, or a Service that
	// selects its pods; empty: none of them.
	Annotated string `json:"annotated,omitempty"`

	labels   labels.Set // of its pods
	selector string     // of its pods; only of StatefulSets
}

// FailedLately reports whether it is a Job that has failed in the day before the time; of others, nobody has tidied up.
func (c Consumer) FailedLately(at time.Time) bool {
	return c.Failed.Status != "" && at.Sub(c.Failed.Since) < 24*time.Hour
}

// ConsumerList is workloads.
type ConsumerList struct {
	Items []Consumer `json:"items"`
	// Misnamed are workloads that name a Secret which differs from the connection's only by characters that Service Connector leaves out.
	Misnamed []Misnamed `json:"misnamed,omitempty"`
}

// connected reports whether the pods use what Service Connector names.
func connected(u PodUse) bool {
	return ByConnector(u.ServiceAccount) || slices.ContainsFunc(u.Uses, func(use Use) bool {
		_, secret := ConnectionOf(use.Object)
		return secret || use.How == CSI || meant(use.Object) != ""
	})
}

// of reports whether the pods use what the connection provides, whose SecretProviderClasses have the names. The name of a ServiceAccount
// does not tell the connection: with one, pods that use no other connection's Secret count.
func (c ConnectionInfo) of(u PodUse, classes []string) bool {
	if len(u.Of(c.Secret, classes...)) > 0 {
		return true
	}
	return ByConnector(u.ServiceAccount) && !slices.ContainsFunc(u.Uses, func(use Use) bool {
		_, secret := ConnectionOf(use.Object)
		return secret
	})
}

// workloadAccess is what reading workloads needs.
func workloadAccess() []rbacv1.PolicyRule {
	return []rbacv1.PolicyRule{
		fact.Rule("apps", "deployments", "list"), fact.Rule("apps", "statefulsets", "list"), fact.Rule("apps", "daemonsets", "list"),
		fact.Rule("batch", "jobs", "list"), fact.Rule("batch", "cronjobs", "list"), fact.Rule("", "pods", "list"),
	}
}

// Consumers are the workloads of the connection's namespace that use what it provides.
var Consumers = &Fact[ConsumerList]{
	Name:   "consumers",
	Needs:  []check.Need{Connection, ProviderClasses, ServiceAccounts},
	Access: append(workloadAccess(), fact.Rule("", "services", "list")),
	Gather: func(ctx context.Context, e *Env) (ConsumerList, []check.Evidence, error) {
		c, err := Connection.From(ctx, e)
		if err != nil || c.Secret == "" {
			return ConsumerList{Items: []Consumer{}}, nil, err
		}
		seen := []check.Evidence{{Source: cmdline.Kubectl(
			"get", "deployments,statefulsets,daemonsets,jobs,cronjobs,pods", "-n", e.Target.Namespace, "-o", "yaml",
		)}}
		all, err := connectedWorkloads(ctx, e, e.Target.Namespace)
		if err != nil {
			return ConsumerList{}, seen, err
		}
		pods, err := connectedPods(ctx, e, e.Target.Namespace)
		if err != nil {
			return ConsumerList{}, seen, err
		}
		classes := classNames(ctx, e, c)
		list := ConsumerList{Items: []Consumer{}}
		for _, w := range all {
			if c.of(w.Template, classes) {
				if w.Held == Waiting && !waits(ctx, e, w) {
					w.Held = NotHeld
				}
				list.Items = append(list.Items, w)
			}
			if secret := c.misnamed(w.Template); secret != "" && slices.ContainsFunc(pods, func(p ConsumerPod) bool {
				return c.misnamed(p.Use) == secret && lacks(p.Pod, secret)
			}) {
				list.Misnamed = append(list.Misnamed, Misnamed{w.Ref, secret})
			}
		}
		list.annotated(ctx, e)
		return list, seen, nil
	},
}

// classNames returns the names of the SecretProviderClasses that are the connection's, or may be. Without permission to read them, it is
// that of the connection.
func classNames(ctx context.Context, e *Env, c ConnectionInfo) []string {
	classes, _ := ProviderClasses.From(ctx, e) // an error is that of the checks that need them
	names := append([]string{c.Provider}, classes.Others...)
	for _, p := range classes.For(c) {
		names = append(names, p.Name)
	}
	return names
}

// connectedWorkloads returns the workloads and bare pods of the namespace that use what Service Connector names, whichever connection.
func connectedWorkloads(ctx context.Context, e *Env, namespace string) ([]Consumer, error) {
	return fact.Cached(e.Shared, "workloads in "+namespace, func() ([]Consumer, error) {
		var w workloads
		if err := w.read(ctx, e, namespace); err != nil {
			return nil, err
		}
		pods, err := connectedPods(ctx, e, namespace)
		for _, p := range pods {
			if p.Owner == "" && p.Alive() {
				w = append(w, Consumer{Ref: check.Ref{Kind: "pod", Namespace: namespace, Name: p.Name}, Template: p.Use, Replicas: 1})
			}
		}
		return w, err
	})
}

// workloads are those that use what Service Connector names.
type workloads []Consumer

// read reads the workloads of the namespace, or of all namespaces if it is empty.
func (w *workloads) read(ctx context.Context, e *Env, namespace string) error {
	apps, batch := e.Clients.AppsV1(), e.Clients.BatchV1()
	for _, list := range []func(context.Context, metav1.ListOptions) (runtime.Object, error){
		func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return apps.Deployments(namespace).List(ctx, o)
		},
		func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return apps.StatefulSets(namespace).List(ctx, o)
		},
		func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return apps.DaemonSets(namespace).List(ctx, o)
		},
		func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return batch.Jobs(namespace).List(ctx, o)
		},
		func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return batch.CronJobs(namespace).List(ctx, o)
		},
	} {
		if err := cluster.Each(ctx, list, "", w.add); err != nil {
			return err
		}
	}
	return nil
}

func (w *workloads) add(object runtime.Object) {
	switch o := object.(type) {
	case *appsv1.Deployment:
		w.keep("deployment", o, &o.Spec.Template, Consumer{Replicas: ptr.Deref(o.Spec.Replicas, 1), Failure: replicaFailure(o), Held: held(o)})
	case *appsv1.StatefulSet:
		w.keep("statefulset", o, &o.Spec.Template, Consumer{
			Replicas: ptr.Deref(o.Spec.Replicas, 1), Held: heldSet(o), selector: metav1.FormatLabelSelector(o.Spec.Selector),
		})
	case *appsv1.DaemonSet:
		w.keep("daemonset", o, &o.Spec.Template, Consumer{Replicas: o.Status.DesiredNumberScheduled, Held: heldDaemons(o)})
	case *batchv1.Job:
		if failed := jobFailed(o); cluster.Owner(&o.ObjectMeta) == "" && o.Status.CompletionTime == nil {
			c := Consumer{Replicas: 1, Failed: failed}
			if failed.Status != "" {
				c.Replicas = 0 // it creates no more pods
			}
			w.keep("job", o, &o.Spec.Template, c)
		}
	case *batchv1.CronJob:
		w.keep("cronjob", o, &o.Spec.JobTemplate.Spec.Template, Consumer{})
	}
}

// keep adds the consumer c for the workload with the template, if it uses what Service Connector names.
func (w *workloads) keep(kind string, o metav1.Object, t *corev1.PodTemplateSpec, c Consumer) {
	c.Ref, c.Template, c.Label = cluster.RefOf(kind, o), podUseOf(t.Labels, t.Annotations, &t.Spec), redact.Line(o.GetLabels()[UseLabel])
	if c.labels = t.Labels; o.GetAnnotations()[ClientAnnotation]+t.Annotations[ClientAnnotation] != "" {
		c.Annotated = c.Ref.String()
	}
	if connected(c.Template) {
		*w = append(*w, c)
	}
}

// ConsumersElsewhere are the workloads of other namespaces that name the connection's Secret, which they cannot use: they are read where
// no workload of the connection's namespace uses it.
var ConsumersElsewhere = &Fact[ConsumerList]{
	Name:   "consumers-elsewhere",
	Needs:  []check.Need{Connection, Consumers},
	Access: workloadAccess(),
	Gather: func(ctx context.Context, e *Env) (ConsumerList, []check.Evidence, error) {
		list := ConsumerList{Items: []Consumer{}}
		c, err := Connection.From(ctx, e)
		if err != nil || c.Secret == "" {
			return list, nil, err
		}
		if own, err := Consumers.From(ctx, e); err != nil || len(own.Items) > 0 {
			return list, nil, err
		}
		all, err := fact.Cached(e.Shared, "workloads", func() ([]Consumer, error) {
			var w workloads
			err := w.read(ctx, e, metav1.NamespaceAll)
			return w, err
		})
		for _, w := range all {
			if w.Ref.Namespace != e.Target.Namespace && len(w.Template.Of(c.Secret)) > 0 {
				list.Items = append(list.Items, w)
			}
		}
		seen := cmdline.Kubectl("get", "deployments,statefulsets,daemonsets,jobs,cronjobs", "-A", "-o", "yaml")
		return list, []check.Evidence{{Source: seen}}, err
	},
}
