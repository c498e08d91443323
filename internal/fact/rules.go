package fact

import (
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/check"
)

// Permissions are the RBAC rules that facts need, as their fields of the same names say. Each is for one resource.
type Permissions struct {
	Access, Create []rbacv1.PolicyRule
	AccessIn       map[string][]rbacv1.PolicyRule
	OptionalIn     map[string][]rbacv1.PolicyRule
	Azure          []string // actions of Azure
}

// Rule returns one RBAC rule for a resource of an API group; the core group is "".
func Rule(group, resource string, verbs ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: verbs}
}

// GetRule returns the RBAC rule to get the resource's objects with these names, and no others.
func GetRule(group, resource string, names ...string) rbacv1.PolicyRule {
	r := Rule(group, resource, "get")
	r.ResourceNames = names
	return r
}

// Rules returns what gathering the needs, and all that they need in turn, reads and creates.
func Rules(needs []check.Need) Permissions {
	all := Permissions{AccessIn: map[string][]rbacv1.PolicyRule{}, OptionalIn: map[string][]rbacv1.PolicyRule{}}
	seen := map[string]bool{}
	var visit func([]check.Need)
	visit = func(needs []check.Need) {
		for _, n := range needs {
			f, ok := n.(Any)
			if !ok || seen[n.FactName()] {
				continue
			}
			seen[n.FactName()] = true
			p := f.permissions()
			all.Access, all.Create = append(all.Access, p.Access...), append(all.Create, p.Create...)
			all.Azure = append(all.Azure, p.Azure...)
			for namespace, rules := range p.AccessIn {
				all.AccessIn[namespace] = append(all.AccessIn[namespace], rules...)
			}
			for namespace, rules := range p.OptionalIn {
				all.OptionalIn[namespace] = append(all.OptionalIn[namespace], rules...)
			}
			visit(f.needs())
		}
	}
	visit(needs)
	return all
}
