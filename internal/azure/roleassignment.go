package azure

import (
	"context"
	"net/url"
	"strings"
)

// RoleAssignment gives a role to a principal, or to a group that it belongs to.
type RoleAssignment struct {
	Role  string `json:"role"` // the GUID of the role definition, in lower case
	Scope string `json:"scope"`
}

// RoleAssignments returns the role assignments of the principal on the resource, inherited or own, and on what is below it
// (https://learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest).
func RoleAssignments(ctx context.Context, c *Client, resource, principal string) ([]RoleAssignment, error) {
	if err := checkGUID(principal); err != nil {
		return nil, err
	}
	filter := "&$filter=" + url.QueryEscape("assignedTo('"+principal+"')")
	raw, err := list[struct {
		Properties struct {
			RoleDefinitionID string `json:"roleDefinitionId"`
			Scope            string `json:"scope"`
		} `json:"properties"`
	}](ctx, c, resource+"/providers/Microsoft.Authorization/roleAssignments", authorizationVersion+filter)
	if err != nil {
		return nil, err
	}
	all := make([]RoleAssignment, len(raw))
	for i, r := range raw {
		id := r.Properties.RoleDefinitionID
		all[i] = RoleAssignment{Role: strings.ToLower(id[strings.LastIndex(id, "/")+1:]), Scope: r.Properties.Scope}
	}
	return all, nil
}
