package facts

import rbacv1 "k8s.io/api/rbac/v1"

// rule is one right as RBAC writes it.
func rule(group, resource string, verbs ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: verbs}
}
