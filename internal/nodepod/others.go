package nodepod

import (
	"context"
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/redact"
)

// maxBindings bounds how many RoleBindings are read: they only serve a warning.
const maxBindings = 500

// bindings returns the RoleBindings of the namespace, the first time that it is called on the Manager; none if they cannot be listed.
// There are none for kube-system: whoever may exec into its pods is an administrator anyway.
func (m *Manager) bindings(ctx context.Context, namespace string) (found []rbacv1.RoleBinding) {
	m.othersOnce.Do(func() {
		if namespace == metav1.NamespaceSystem {
			return
		}
		if list, err := m.Clients.RbacV1().RoleBindings(namespace).List(ctx, metav1.ListOptions{Limit: maxBindings}); err == nil {
			found = list.Items
		}
	})
	return found
}

// warnOfOthers warns where others than the user may exec into the pods of the namespace: into a node pod, that is as root on its node.
func (m *Manager) warnOfOthers(bindings []rbacv1.RoleBinding, namespace, user string) {
	var others []string
	for _, b := range bindings {
		for _, s := range b.Subjects {
			if mayExec(b.RoleRef.Name, s) && (s.Kind != rbacv1.UserKind || s.Name != user) {
				others = append(others, fmt.Sprintf("%s %s has role %s by RoleBinding %s", strings.ToLower(s.Kind), s.Name, b.RoleRef.Name, b.Name))
			}
		}
	}
	if len(others) == 0 {
		return
	}
	more := ""
	if len(others) > 1 {
		more = fmt.Sprintf(", and %d more", len(others)-1)
	}
	m.Notes.Warnf("others may be able to exec into the pods of namespace %s, and so be root on the node while this pod runs (%s%s); "+
		"to use another namespace: -n NAMESPACE", namespace, redact.Line(others[0]), more)
}

// mayExec reports whether a role of that name may let the subject exec into pods. What roles of other names than Kubernetes' own grant is
// not read: bound to people, they may; bound to service accounts, they are mostly those of controllers, which do not. Whoever has the
// suite's own roles is meant to reach nodes.
func mayExec(role string, s rbacv1.Subject) bool {
	switch {
	case slices.Contains([]string{"cluster-admin", "admin", "edit"}, role):
		return true
	case role == "view", strings.HasPrefix(role, "system:"), slices.Contains([]string{"aksnode-node-pods", "tunneldoctor-probe"}, role):
		return false
	}
	return s.Kind != rbacv1.ServiceAccountKind
}
