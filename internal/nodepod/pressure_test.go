package nodepod

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/akstools/akstools/internal/jobpod"
)

// said keeps the warnings.
type said struct{ warnings []string }

func (s *said) Notef(string, ...any)       {}
func (s *said) Stepf(string, ...any)       {}
func (s *said) Creating(_, _, _, _ string) {}
func (s *said) Warnf(format string, args ...any) {
	s.warnings = append(s.warnings, fmt.Sprintf(format, args...))
}

// admitting returns a Manager whose API server admits a pod in a dry run unless deny returns why not. It allows everything else.
func admitting(t *testing.T, notes jobpod.Notes, deny func(*corev1.Pod) string) *Manager {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	return &Manager{Notes: notes, Clients: clientsOf(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		var answer any
		switch {
		case strings.HasSuffix(r.URL.Path, "/selfsubjectaccessreviews"):
			review := &authorizationv1.SelfSubjectAccessReview{}
			review.TypeMeta = metav1.TypeMeta{APIVersion: "authorization.k8s.io/v1", Kind: "SelfSubjectAccessReview"}
			review.Status.Allowed = true
			answer = review
		case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/nodes"):
			other := testNode("amd64")
			other.Name, other.UID = "other", "2"
			answer = &corev1.NodeList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "NodeList"}, Items: []corev1.Node{*other}}
		case r.Method == http.MethodGet:
			answer = &corev1.PodList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"}}
		default:
			body, _ := io.ReadAll(r.Body)
			var p corev1.Pod
			if _, _, err := scheme.Codecs.UniversalDeserializer().Decode(body, nil, &p); err != nil || r.URL.Query().Get("dryRun") != "All" {
				t.Errorf("%s %s: %v", r.Method, r.URL, err)
			}
			p.Namespace = strings.Split(r.URL.Path, "/")[4]
			p.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}
			answer = &p
			if why := deny(&p); why != "" {
				status := apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, p.Name, errors.New(why)).Status()
				status.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"} // else the client sees no message
				w.WriteHeader(http.StatusForbidden)
				answer = &status
			}
		}
		_ = json.NewEncoder(w).Encode(answer)
	})}
}

// draftOn returns a draft of a pod on a node with the conditions.
func draftOn(conditions ...corev1.NodeConditionType) *draft {
	node := testNode("amd64", corev1.Taint{Key: "dedicated", Value: "x", Effect: corev1.TaintEffectNoExecute})
	node.UID = "1"
	for _, c := range conditions {
		node.Status.Conditions = append(node.Status.Conditions, corev1.NodeCondition{Type: c, Status: corev1.ConditionTrue})
	}
	d := &draft{node: node, options: Options{Namespace: "ops"}, images: []image{{name: "image:1", onNode: true}}}
	d.template = func(image string) (*corev1.PodTemplateSpec, error) {
		return podTemplate(node, image, [][]string{guardCommand(0)})
	}
	return d
}

// What a node pod asks for depends on the node, and on what is admitted.
func TestAdmitted(t *testing.T) {
	critical := func(p *corev1.Pod) bool { return p.Spec.PriorityClassName == criticalClass }
	tolerant := func(p *corev1.Pod) bool { return len(p.Spec.Tolerations) == 1 && p.Spec.Tolerations[0].Key == "" }
	const quota = "insufficient quota to match these scopes: [{PriorityClass In [system-node-critical]}]"
	noWildcard := func(p *corev1.Pod) string {
		if tolerant(p) {
			return "wildcard tolerations are not allowed"
		}
		return ""
	}
	noCritical := func(p *corev1.Pod) string {
		if critical(p) && p.Namespace != metav1.NamespaceSystem {
			return quota
		}
		return ""
	}
	for name, c := range map[string]struct {
		draft              *draft
		deny               func(*corev1.Pod) string
		critical, tolerant bool
		warning, err       string
	}{
		"no pressure":              {draft: draftOn(), tolerant: true},
		"AKS Automatic":            {draft: draftOn(), deny: noWildcard},
		"pressure":                 {draft: draftOn(corev1.NodeDiskPressure), critical: true, tolerant: true, warning: "has DiskPressure: the"},
		"pressure, AKS Automatic":  {draft: draftOn(corev1.NodePIDPressure), deny: noWildcard, critical: true, warning: "has PIDPressure: the"},
		"memory, no critical pods": {draft: draftOn(corev1.NodeMemoryPressure), deny: noCritical, tolerant: true, warning: "may evict the"},
		"disk, no critical pods": {
			draft: draftOn(corev1.NodeDiskPressure), deny: noCritical,
			err: `has DiskPressure: its kubelet starts only critical pods, and these are not allowed in namespace "ops" by an admission `,
		},
		"disk, neither critical pods nor wildcards": {
			draft: draftOn(corev1.NodeDiskPressure), deny: func(p *corev1.Pod) string { return cmp.Or(noWildcard(p), noCritical(p)) },
			err: quota,
		},
		"no permission for the dry run": {
			draft: draftOn(corev1.NodeDiskPressure), critical: true, warning: "has DiskPressure: the",
			deny: func(*corev1.Pod) string { return `User "x" cannot create resource "pods" in API group ""` },
		},
		"no pods": {
			draft: draftOn(corev1.NodeDiskPressure), deny: func(*corev1.Pod) string { return "no" },
			err: `a node pod is not allowed in namespace "ops"`,
		},
		"rejected before": {
			draft: func() *draft { d := draftOn(); d.evicted = true; return d }(), critical: true, tolerant: true, warning: "has no room",
		},
	} {
		t.Run(name, func(t *testing.T) {
			notes := &said{}
			if c.deny == nil {
				c.deny = func(*corev1.Pod) string { return "" }
			}
			m := admitting(t, notes, c.deny)
			j, err := m.admitted(t.Context(), c.draft)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("%v", err)
				}
				var unusable *UnusableNodeError
				if errors.As(err, &unusable) {
					hints := strings.Join(unusable.Hints, "\n")
					for _, want := range []string{"in namespace kube-system: add -n kube-system", "--hop other -i KEY", "--via-kubelet", "az vmss"} {
						if !strings.Contains(hints, want) {
							t.Errorf("no %q in %s", want, hints)
						}
					}
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			pod := &corev1.Pod{Spec: j.Spec.Template.Spec}
			if critical(pod) != c.critical || tolerant(pod) != c.tolerant || !strings.Contains(strings.Join(notes.warnings, "\n"), c.warning) ||
				len(notes.warnings) > 0 != (c.warning != "") {
				t.Errorf("%q, %+v, %q", pod.Spec.PriorityClassName, pod.Spec.Tolerations, notes.warnings)
			}
			if cpu := pod.Spec.Containers[0].Resources.Requests.Cpu(); cpu.IsZero() != c.critical || pod.Spec.Containers[0].Resources.Limits == nil {
				t.Errorf("it requests %s", cpu)
			}
			if pod.Spec.Containers[0].ImagePullPolicy != corev1.PullNever {
				t.Errorf("it pulls: %s", pod.Spec.Containers[0].ImagePullPolicy)
			}
			for _, key := range []string{"dedicated", corev1.TaintNodeNotReady, corev1.TaintNodeUnreachable} {
				taint := corev1.Taint{Key: key, Effect: corev1.TaintEffectNoExecute}
				if key == "dedicated" {
					taint.Value = "x"
				}
				if !tolerates(pod, taint) {
					t.Errorf("it does not tolerate %s: %+v", key, pod.Spec.Tolerations)
				}
			}
			if !likeOurs(j) {
				t.Error("it is not recognized as ours")
			}
		})
	}
}

func tolerates(p *corev1.Pod, taint corev1.Taint) bool {
	for _, t := range p.Spec.Tolerations {
		if (t.Key == "" || t.Key == taint.Key) && (t.Operator == corev1.TolerationOpExists || t.Value == taint.Value) {
			return true
		}
	}
	return false
}

// A pod that does not start is tried once more where another image, or a critical pod, may do.
func TestAgain(t *testing.T) {
	m := &Manager{Notes: &said{}}
	d := draftOn()
	d.images = append(d.images, image{name: "image:2"})
	j := &batchv1.Job{}
	for _, c := range []struct {
		err  error
		want bool
	}{
		{&jobpod.StartError{Reason: "ErrImageNeverPull"}, true},
		{&jobpod.StartError{Reason: "ErrImagePull"}, false}, // it was the last image
		{&jobpod.StartError{Reason: "Evicted", Rejected: true}, true},
		{&jobpod.StartError{Reason: "Evicted", Rejected: true}, false}, // a critical pod
		{&jobpod.StartError{Reason: "OutOfpods", Rejected: true}, false},
		{errors.New("timeout"), false},
	} {
		if got := m.again(d, j, c.err); got != c.want {
			t.Errorf("%+v: %v", c.err, got)
		}
	}
}
