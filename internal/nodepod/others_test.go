package nodepod

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// warned keeps the warnings.
type warned []string

func (w *warned) Notef(string, ...any)             {}
func (w *warned) Stepf(string, ...any)             {}
func (w *warned) Creating(_, _, _, _ string)       {}
func (w *warned) Warnf(format string, args ...any) { *w = append(*w, fmt.Sprintf(format, args...)) }

// TestWarnOfOthers: the warning is one line, names who and suggests -n; it is given only for roles that let others exec.
func TestWarnOfOthers(t *testing.T) {
	binding := func(role, kind, name string) rbacv1.RoleBinding {
		return rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: "b"}, RoleRef: rbacv1.RoleRef{Name: role}, Subjects: []rbacv1.Subject{{Kind: kind, Name: name}},
		}
	}
	for name, c := range map[string]struct {
		bindings []rbacv1.RoleBinding
		want     string // of the warning; empty: there is none
	}{
		"nobody": {nil, ""},
		"a group that may edit": {
			[]rbacv1.RoleBinding{binding("edit", "Group", "team-b")}, "(group team-b has role edit by RoleBinding b)",
		},
		"everybody":                  {[]rbacv1.RoleBinding{binding("admin", "Group", "system:authenticated")}, "group system:authenticated"},
		"a CI's account that may":    {[]rbacv1.RoleBinding{binding("edit", "ServiceAccount", "ci")}, "serviceaccount ci"},
		"a role of unknown content":  {[]rbacv1.RoleBinding{binding("developer", "User", "bob")}, "user bob"},
		"the same for a controller":  {[]rbacv1.RoleBinding{binding("leader-election", "ServiceAccount", "cert-manager")}, ""},
		"who may only look":          {[]rbacv1.RoleBinding{binding("view", "Group", "team-b")}, ""},
		"the user alone":             {[]rbacv1.RoleBinding{binding("admin", "User", "alice")}, ""},
		"who may reach nodes anyway": {[]rbacv1.RoleBinding{binding("aksnode-node-pods", "Group", "sre")}, ""},
		"a group of the user's name": {[]rbacv1.RoleBinding{binding("edit", "Group", "alice")}, "group alice"},
		"two, after one that may not": {
			[]rbacv1.RoleBinding{binding("view", "User", "x"), binding("edit", "User", "y"), binding("edit", "User", "z")}, "and 1 more",
		},
		"a name of several lines": {[]rbacv1.RoleBinding{binding("edit", "User", "y\x1b[2J\nhint: run this")}, "user y"},
	} {
		w := &warned{}
		(&Manager{Notes: w}).warnOfOthers(c.bindings, "default", "alice")
		text := strings.Join(*w, "|")
		if len(*w) > 1 || (text == "") != (c.want == "") || !strings.Contains(text, c.want) || strings.ContainsAny(text, "\n\x1b") ||
			text != "" && !strings.HasSuffix(text, "-n NAMESPACE") {
			t.Errorf("%s: %q", name, text)
		}
	}
}

// TestPrepareWarnsOfOthers: before a pod is created that is entered by exec, the user is warned. One that
// only runs a command cannot be entered.
func TestPrepareWarnsOfOthers(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	for pod, want := range map[string]bool{"entered": true, "runs a command": false, "HostProcess": true} {
		windows := pod == "HostProcess"
		clients := clientsOf(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if r.Method == http.MethodPost && strings.Contains(r.URL.Path, "/namespaces/shop/") {
				w.WriteHeader(http.StatusForbidden) // nothing is created
				return
			}
			switch kind := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]; kind {
			case "selfsubjectaccessreviews":
				_, _ = io.WriteString(w, `{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","status":{"allowed":true}}`)
			case "rolebindings":
				_, _ = io.WriteString(w, `{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBindingList","items":[{"metadata":{"name":"team"},
					"roleRef":{"kind":"ClusterRole","name":"edit"},"subjects":[{"kind":"Group","name":"team-b"}]}]}`)
			default:
				node := testNode("amd64")
				node.TypeMeta, node.UID = metav1.TypeMeta{APIVersion: "v1", Kind: "Node"}, "1"
				if windows {
					node.Labels = map[string]string{corev1.LabelOSStable: "windows"}
				}
				_ = json.NewEncoder(w).Encode(node)
			}
		})
		notes := &warned{}
		m := &Manager{Clients: clients, Notes: notes}
		name, o := testNode("").Name, Options{Namespace: "shop", Image: "x"}
		if windows {
			_, _ = m.HostProcess(t.Context(), name, o)
		} else if _, err := m.prepare(t.Context(), name, [][]string{{"true"}}, want, o); err != nil {
			t.Fatal(err)
		}
		if told := strings.Contains(strings.Join(*notes, "\n"), "group team-b has role edit"); told != want {
			t.Errorf("%s: the user is told %q", pod, *notes)
		}
	}
}

// TestBindingsAreReadOnce: one request for all pods of a command, none for kube-system; a user who may not list them gets no warning.
func TestBindingsAreReadOnce(t *testing.T) {
	for namespace, want := range map[string]int{"default": 1, "kube-system": 0, "forbidden": 1} {
		requests, found := 0, 0
		clients := clientsOf(t, func(w http.ResponseWriter, r *http.Request) {
			requests++
			w.Header().Set("Content-Type", "application/json")
			if strings.Contains(r.URL.Path, "forbidden") {
				w.WriteHeader(http.StatusForbidden)
			}
			_ = json.NewEncoder(w).Encode(rbacv1.RoleBindingList{
				TypeMeta: metav1.TypeMeta{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "RoleBindingList"}, Items: make([]rbacv1.RoleBinding, 2),
			})
		})
		m := &Manager{Clients: clients}
		for range 3 {
			found += len(m.bindings(t.Context(), namespace))
		}
		if requests != want || (found == 2) != (namespace == "default") {
			t.Errorf("%s: %d requests, %d bindings", namespace, requests, found)
		}
	}
}
