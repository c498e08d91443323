package nodepod

import (
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/kube"
)

// jobsOfOurs returns finished Jobs of each kind that this program creates.
func jobsOfOurs(t *testing.T) map[string]*batchv1.Job {
	t.Helper()
	o := Options{Namespace: "ops", IdleTimeout: 2 * time.Minute, MaxDuration: time.Hour}
	script := []string{"/usr/bin/bash", "-c", "a script", "termination"}
	jobs := map[string]*batchv1.Job{}
	for kind, programs := range map[string][][]string{
		"guarded": {guardCommand(o.IdleTimeout)},
		"once": {
			append(append(script[:4:4], "run", "30", "3"), Enter("s", "", "true")...), append(script[:4:4], "part", "2"),
			append(script[:4:4], "part", "3"),
		},
	} {
		template, err := podTemplate(testNode("amd64"), "image:1", programs)
		if err != nil {
			t.Fatal(err)
		}
		jobs[kind] = job(testNode("amd64"), template, identity{"alice"}, o)
	}
	jobs["windows"] = job(testNode("amd64"), hostProcessTemplate(testNode("amd64"), "image:1", o), identity{"alice"}, o)
	for _, j := range jobs {
		j.UID = types.UID(j.Name)
		j.Status.Conditions = []batchv1.JobCondition{{Type: batchv1.JobComplete, Status: corev1.ConditionTrue}}
	}
	return jobs
}

// Finished Jobs with our labels are removed without a question only if they are like ours.
func TestLeftoversOfOthers(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	leftover := func(j *batchv1.Job) Leftover {
		t.Helper()
		client := fake.NewClientset(j)
		m := &Manager{Clients: &kube.Clients{Interface: client, Config: &rest.Config{Host: "https://lab"}}}
		all, err := m.Leftovers(t.Context(), "")
		if err != nil || len(all) != 1 {
			t.Fatalf("%v, %v", all, err)
		}
		return all[0]
	}
	for kind, j := range jobsOfOurs(t) {
		if l := leftover(j); !l.Expendable() || l.User != "alice" || l.Owner != OwnerOther || l.Node != testNode("").Name {
			t.Errorf("%s: %+v", kind, l)
		}
	}
	tenants := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "report", UID: "1"}}
	tenants.Spec.Template.Spec = corev1.PodSpec{Containers: []corev1.Container{{Name: "report", Image: "report:1"}}}
	ours := func(kind string, change func(*batchv1.Job)) *batchv1.Job {
		j := jobsOfOurs(t)[kind]
		change(j)
		return j
	}
	first := func(j *batchv1.Job) *corev1.Container { return &j.Spec.Template.Spec.Containers[0] }
	for name, j := range map[string]*batchv1.Job{
		"a tenant's":       tenants,
		"another name":     ours("guarded", func(j *batchv1.Job) { j.Name = "nightly" }),
		"another node":     ours("guarded", func(j *batchv1.Job) { j.Annotations[NodeAnnotation] = "other" }),
		"no node":          ours("guarded", func(j *batchv1.Job) { j.Spec.Template.Spec.NodeName = "" }),
		"not privileged":   ours("guarded", func(j *batchv1.Job) { first(j).SecurityContext = nil }),
		"another command":  ours("guarded", func(j *batchv1.Job) { first(j).Command = []string{"report"} }),
		"another script":   ours("guarded", func(j *batchv1.Job) { first(j).Command[2] = "report" }),
		"no command":       ours("guarded", func(j *batchv1.Job) { first(j).Command = nil }),
		"no containers":    ours("guarded", func(j *batchv1.Job) { j.Spec.Template.Spec.Containers = nil }),
		"no deadline":      ours("guarded", func(j *batchv1.Job) { j.Spec.ActiveDeadlineSeconds = nil }),
		"no TTL":           ours("guarded", func(j *batchv1.Job) { j.Spec.TTLSecondsAfterFinished = nil }),
		"many pods":        ours("guarded", func(j *batchv1.Job) { j.Spec.Completions = ptr.To[int32](5) }),
		"retries":          ours("guarded", func(j *batchv1.Job) { j.Spec.BackoffLimit = nil }),
		"init container":   ours("guarded", func(j *batchv1.Job) { j.Spec.Template.Spec.InitContainers = []corev1.Container{{Name: "x"}} }),
		"another sidecar":  ours("once", func(j *batchv1.Job) { j.Spec.Template.Spec.Containers[1].Command[2] = "report" }),
		"does not enter":   ours("once", func(j *batchv1.Job) { first(j).Command = first(j).Command[:7] }),
		"no HostProcess":   ours("windows", func(j *batchv1.Job) { j.Spec.Template.Spec.SecurityContext = nil }),
		"another program":  ours("windows", func(j *batchv1.Job) { first(j).Command[3] = "report" }),
		"Windows and Bash": ours("guarded", func(j *batchv1.Job) { j.Spec.Template.Spec.OS = &corev1.PodOS{Name: corev1.Windows} }),
	} {
		// whoever can change Jobs can set these
		j.Labels = jobsOfOurs(t)["guarded"].Labels
		if j.Annotations == nil {
			j.Annotations = map[string]string{}
		}
		j.Annotations[UserAnnotation] = "alice"
		j.Status.Conditions = []batchv1.JobCondition{{Type: batchv1.JobComplete, Status: corev1.ConditionTrue}}
		if l := leftover(j); l.Expendable() || l.User != "" || l.Owner != OwnerOther || !l.Unproven {
			t.Errorf("%s: %+v", name, l)
		}
	}
}
