package server

import (
	"cmp"
	"slices"
	"strings"

	"github.com/akstools/akstools/test/lab/arm/internal/rbac"
	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// roleDefinition returns the definition of the role whose GUID the request names, built-in or defined by somebody; ok is false if there is
// none (https://learn.microsoft.com/rest/api/authorization/role-definitions/get).
func (s *Server) roleDefinition(r *request) (body any, ok bool) {
	rules, id := s.Rules(), r.target.part("roleDefinitions")
	i := slices.IndexFunc(rules.Roles, func(role rbac.Role) bool { return strings.EqualFold(rules.RoleID(role.Name), id) })
	if r.target.list || i < 0 {
		return nil, false
	}
	role, subscription := rules.Roles[i], "/subscriptions/"+r.target.part("subscriptions")
	kind, scopes := "BuiltInRole", []string{"/"}
	if role.ID == "" {
		kind, scopes = "CustomRole", []string{subscription}
	}
	list := func(actions []string) []string { return append([]string{}, actions...) } // Azure writes [], never null
	return store.Object{
		"id":   subscription + "/providers/Microsoft.Authorization/roleDefinitions/" + strings.ToLower(id),
		"name": strings.ToLower(id), "type": "Microsoft.Authorization/roleDefinitions",
		"properties": store.Object{
			"roleName": role.Name, "type": kind, "description": cmp.Or(role.Name, "a role"), "assignableScopes": scopes,
			"permissions": []any{store.Object{
				"actions": list(role.Actions), "notActions": list(role.NotActions),
				"dataActions": list(role.DataActions), "notDataActions": list(role.NotDataActions),
			}},
		},
	}, true
}
