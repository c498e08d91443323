package fact

import (
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/check"
)

// Rule returns one RBAC rule for a resource of an API group; the core group is "".
func Rule(group, resource string, verbs ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: verbs}
}

// Rules returns what gathering the needs, and all that they need in turn, reads and creates.
func Rules(needs []check.Need) (access, create []rbacv1.PolicyRule) {
	seen := map[string]bool{}
	var visit func([]check.Need)
	visit = func(needs []check.Need) {
		for _, n := range needs {
			f, ok := n.(Any)
			if !ok || seen[n.FactName()] {
				continue
			}
			seen[n.FactName()] = true
			a, c := f.rules()
			access, create = append(access, a...), append(create, c...)
			visit(f.needs())
		}
	}
	visit(needs)
	return access, create
}
