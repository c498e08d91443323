// Package rbac decides whether a principal may take an action on a resource, from role assignments, role definitions and
// deny assignments (https://learn.microsoft.com/azure/role-based-access-control/overview).
package rbac

import (
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Role is a role definition. Its actions are patterns with *; those on data are enforced by key vaults.
type Role struct {
	ID             string   `json:"id,omitempty"` // the GUID of a built-in one
	Name           string   `json:"name"`
	Actions        []string `json:"actions"`
	NotActions     []string `json:"notActions,omitempty"`
	DataActions    []string `json:"dataActions,omitempty"`
	NotDataActions []string `json:"notDataActions,omitempty"`
}

// Assignment gives a principal a role on a scope and all below it.
type Assignment struct {
	Principal string `json:"principal"` // its object ID
	Role      string `json:"role"`
	Scope     string `json:"scope"`
}

// Deny takes actions from everybody but the excluded principals, on a scope and all below it, whatever their roles.
type Deny struct {
	Name     string   `json:"name"`
	ID       string   `json:"id"`
	Actions  []string `json:"actions"`
	Excluded []string `json:"excluded,omitempty"` // object IDs
	Scope    string   `json:"scope"`
}

// Rules are all assignments of a directory.
type Rules struct {
	Roles       []Role       `json:"roles"`
	Assignments []Assignment `json:"assignments"`
	Denials     []Deny       `json:"denials"`
}

// BuiltIn returns the built-in roles that the lab uses
// (https://learn.microsoft.com/azure/role-based-access-control/built-in-roles).
func BuiltIn() []Role {
	return []Role{
		{ID: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", Name: "Owner", Actions: []string{"*"}},
		{ID: "b24988ac-6180-42a0-ab88-20f7382dd24c", Name: "Contributor", Actions: []string{"*"}, NotActions: []string{
			"Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write", "Microsoft.Authorization/elevateAccess/Action",
		}},
		{ID: "acdd72a7-3385-48ef-bd42-f606fba81ae7", Name: "Reader", Actions: []string{"*/read"}},
		{ID: "4d97b98b-1d4f-4787-a291-c67834d212e7", Name: "Network Contributor", Actions: []string{
			"Microsoft.Authorization/*/read", "Microsoft.Network/*", "Microsoft.Resources/deployments/*",
			"Microsoft.Resources/subscriptions/resourceGroups/read",
		}},
		{ID: "4abbcc35-e782-43d8-92c5-2d3f1bd2253f", Name: "Azure Kubernetes Service Cluster User Role", Actions: []string{
			"Microsoft.ContainerService/managedClusters/listClusterUserCredential/action", "Microsoft.ContainerService/managedClusters/read",
		}},
		{ID: "9980e02c-c2be-4d73-94e8-173b1dc7cf3c", Name: "Virtual Machine Contributor", Actions: []string{
			"Microsoft.Compute/locations/*", "Microsoft.Compute/virtualMachines/*", "Microsoft.Compute/virtualMachineScaleSets/*",
			"Microsoft.Network/networkInterfaces/*",
			"Microsoft.Network/networkSecurityGroups/read", "Microsoft.Network/virtualNetworks/read",
			"Microsoft.Resources/subscriptions/resourceGroups/read",
		}},
		{
			ID: "ba92f5b4-2d11-453d-a403-e96b0029c9fe", Name: "Storage Blob Data Contributor",
			Actions: []string{
				"Microsoft.Storage/storageAccounts/blobServices/containers/delete",
				"Microsoft.Storage/storageAccounts/blobServices/containers/read",
				"Microsoft.Storage/storageAccounts/blobServices/containers/write",
				"Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
			},
			DataActions: []string{
				"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete",
				"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
				"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write",
				"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/move/action",
				"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action",
			},
		},
		{
			ID: "b7e6dc6d-f1e8-4753-8033-0f276bb0955b", Name: "Storage Blob Data Owner",
			Actions: []string{
				"Microsoft.Storage/storageAccounts/blobServices/containers/*",
				"Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
			},
			DataActions: []string{"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*"},
		},
		{ID: "17d1049b-9a84-46fb-8f53-869881c3d3ab", Name: "Storage Account Contributor", Actions: []string{
			"Microsoft.Authorization/*/read", "Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Storage/storageAccounts/*",
		}},
		{
			ID: "4633458b-17de-408a-b874-0445c86b69e6", Name: "Key Vault Secrets User",
			DataActions: []string{"Microsoft.KeyVault/vaults/secrets/getSecret/action", "Microsoft.KeyVault/vaults/secrets/readMetadata/action"},
		},
	}
}

// RoleID returns the GUID of the role definition: that of a built-in one, or one made of the name.
func (r Rules) RoleID(name string) string {
	for _, role := range r.Roles {
		if role.Name == name && role.ID != "" {
			return role.ID
		}
	}
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(name)).String()
}

// Decision is the outcome for one request.
type Decision struct {
	Allowed bool
	Denial  *Deny // the deny assignment that forbids it; nil: no role allows it, or it is allowed
}

// Decide returns whether the principal may take the action on the resource or scope of the ID.
func (r Rules) Decide(principal, action, id string) Decision {
	for _, d := range r.Denials {
		if Below(id, d.Scope) && matches(d.Actions, action) && !slices.Contains(d.Excluded, principal) {
			return Decision{Denial: &d}
		}
	}
	for _, a := range r.Assignments {
		if a.Principal != principal || !Below(id, a.Scope) {
			continue
		}
		for _, role := range r.Roles {
			if role.Name == a.Role && matches(role.Actions, action) && !matches(role.NotActions, action) {
				return Decision{Allowed: true}
			}
		}
	}
	return Decision{}
}

// DecideData reports whether the principal has permission to take the action on data of the resource of the ID. Deny assignments do not
// count.
func (r Rules) DecideData(principal, action, id string) bool {
	return slices.ContainsFunc(r.Assignments, func(a Assignment) bool {
		return a.Principal == principal && Below(id, a.Scope) && slices.ContainsFunc(r.Roles, func(role Role) bool {
			return role.Name == a.Role && matches(role.DataActions, action) && !matches(role.NotDataActions, action)
		})
	})
}

// Below reports whether the ID is the scope or below it.
func Below(id, scope string) bool {
	id, scope = strings.ToLower(strings.TrimSuffix(id, "/")), strings.ToLower(strings.TrimSuffix(scope, "/"))
	return id == scope || strings.HasPrefix(id, scope+"/")
}

func matches(patterns []string, action string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return match(strings.ToLower(p), strings.ToLower(action)) })
}

// match is a pattern in which * stands for any text, also across slashes.
func match(pattern, s string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return s == pattern
	}
	if !strings.HasPrefix(s, head) {
		return false
	}
	for s = s[len(head):]; ; s = s[1:] {
		if match(rest, s) {
			return true
		}
		if s == "" {
			return false
		}
	}
}
