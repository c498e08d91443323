package server

import (
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/akstools/akstools/test/lab/arm/internal/rbac"
	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// assignedTo is a filter of role assignments by principal, and those of its groups
// (https://learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest).
var assignedTo = regexp.MustCompile(`^assignedTo\('([0-9a-fA-F-]{36})'\)$`)

// roleAssignments returns the role assignments at the scope, above and below it, as the rules have them, that the request's filter names.
func (s *Server) roleAssignments(r *request) any {
	filter := assignedTo.FindStringSubmatch(r.URL.Query().Get("$filter"))
	list := []any{}
	for _, a := range s.Rules().Assignments {
		if filter != nil && !strings.EqualFold(a.Principal, filter[1]) || !rbac.Below(a.Scope, r.target.id) && !rbac.Below(r.target.id, a.Scope) {
			continue
		}
		name := uuid.NewSHA1(uuid.NameSpaceURL, []byte(a.Scope+" "+a.Principal+" "+a.Role)).String()
		list = append(list, store.Object{
			"id":   strings.TrimSuffix(a.Scope, "/") + "/providers/Microsoft.Authorization/roleAssignments/" + name,
			"name": name, "type": "Microsoft.Authorization/roleAssignments",
			"properties": store.Object{
				"principalId": a.Principal, "principalType": "ServicePrincipal", "scope": a.Scope,
				"roleDefinitionId": "/subscriptions/" + r.target.part("subscriptions") + "/providers/Microsoft.Authorization/roleDefinitions/" +
					s.Rules().RoleID(a.Role),
			},
		})
	}
	return map[string]any{"value": list}
}
