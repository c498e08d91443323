package azure

import (
	"context"
	"slices"
	"strings"
)

// RoleDefinition is what a role allows on data. What it allows on resources is not kept.
type RoleDefinition struct {
	Role        string           `json:"role"` // its GUID, in lower case
	Name        string           `json:"name,omitempty"`
	Permissions []DataPermission `json:"permissions,omitempty"`
}

// DataPermission allows the actions on data that one of Actions matches and none of NotActions. A * stands for any text; case does not
// count (https://learn.microsoft.com/azure/role-based-access-control/role-definitions).
type DataPermission struct {
	Actions    []string `json:"actions,omitempty"`
	NotActions []string `json:"notActions,omitempty"`
}

// RoleDefinitionOf returns the definition of the role with the GUID, built-in or defined by somebody, as it is at the resource
// (https://learn.microsoft.com/rest/api/authorization/role-definitions/get).
func RoleDefinitionOf(ctx context.Context, c *Client, resource, role string) (RoleDefinition, error) {
	if err := checkGUID(role); err != nil {
		return RoleDefinition{}, err
	}
	var raw struct {
		Properties struct {
			RoleName    string `json:"roleName"`
			Permissions []struct {
				DataActions    []string `json:"dataActions"`
				NotDataActions []string `json:"notDataActions"`
			} `json:"permissions"`
		} `json:"properties"`
	}
	err := c.get(ctx, resource+"/providers/Microsoft.Authorization/roleDefinitions/"+role, authorizationVersion, &raw)
	if err != nil {
		return RoleDefinition{}, err
	}
	d := RoleDefinition{Role: strings.ToLower(role), Name: raw.Properties.RoleName}
	for _, p := range raw.Properties.Permissions {
		if len(p.DataActions) > 0 {
			d.Permissions = append(d.Permissions, DataPermission{Actions: p.DataActions, NotActions: p.NotDataActions})
		}
	}
	return d, nil
}

// AllowsData reports whether the role allows the action on data.
func (d RoleDefinition) AllowsData(action string) bool {
	matches := func(patterns []string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return matchAction(p, action) })
	}
	return slices.ContainsFunc(d.Permissions, func(p DataPermission) bool { return matches(p.Actions) && !matches(p.NotActions) })
}

// MayAllowData reports whether the role allows, as far as its patterns tell, any action on data that begins with the prefix.
func (d RoleDefinition) MayAllowData(prefix string) bool {
	prefix = strings.ToLower(prefix)
	return slices.ContainsFunc(d.Permissions, func(p DataPermission) bool {
		some := slices.ContainsFunc(p.Actions, func(pattern string) bool {
			head, _, wild := strings.Cut(strings.ToLower(pattern), "*")
			return strings.HasPrefix(head, prefix) || wild && strings.HasPrefix(prefix, head)
		})
		return some && !slices.ContainsFunc(p.NotActions, func(pattern string) bool {
			head, rest, wild := strings.Cut(strings.ToLower(pattern), "*")
			return wild && rest == "" && strings.HasPrefix(prefix, head)
		})
	})
}

// matchAction reports whether the pattern matches the action. * stands for any text, across slashes too.
func matchAction(pattern, action string) bool {
	parts := strings.Split(strings.ToLower(pattern), "*")
	action, ok := strings.CutPrefix(strings.ToLower(action), parts[0])
	if len(parts) == 1 {
		return ok && action == ""
	}
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(action, part)
		if i < 0 {
			return false
		}
		action = action[i+len(part):]
	}
	return ok && strings.HasSuffix(action, last)
}
