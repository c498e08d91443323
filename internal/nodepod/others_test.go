package nodepod

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

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
