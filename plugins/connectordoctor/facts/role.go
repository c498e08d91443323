package facts

import (
	"context"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/fact"
)

// dataKind is a kind of data to which connections lead.
type dataKind struct {
	part string // of the IDs of targets, which end in a slash here
	// roles are the GUIDs of the built-in roles that give access. The first is the one that Service Connector assigns
	// (https://learn.microsoft.com/azure/service-connector/concept-microsoft-entra-roles); the others are of
	// https://learn.microsoft.com/azure/role-based-access-control/built-in-roles.
	roles []string
	// actions on data each give access, after the prefix. Of a role that allows others with this prefix it is unknown
	// (https://learn.microsoft.com/azure/role-based-access-control/resource-provider-operations).
	prefix  string
	actions []string
	// only reports that other actions with the prefix give none.
	only bool
}

var dataKinds = []dataKind{
	{
		part: "/blobservices/",
		roles: []string{
			"ba92f5b4-2d11-453d-a403-e96b0029c9fe", // Storage Blob Data Contributor
			"b7e6dc6d-f1e8-4753-8033-0f276bb0955b", // Storage Blob Data Owner
			"2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", // Storage Blob Data Reader
		},
		prefix:  "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/",
		actions: []string{"read", "write", "add/action", "delete"},
	},
	{
		part: "/queueservices/",
		roles: []string{
			"974c5e8b-45b9-4653-ba55-5f855dd0fb88", // Storage Queue Data Contributor
			"19e7f393-937e-4f77-808e-94535e297925", // Storage Queue Data Reader
			"8a0f0c08-91a1-4084-bc3d-661d67233fed", // Storage Queue Data Message Processor
			"c6a89b2d-59bc-44d0-9896-0f6e12d7b80a", // Storage Queue Data Message Sender
		},
		prefix:  "Microsoft.Storage/storageAccounts/queueServices/queues/messages/",
		actions: []string{"read", "write", "add/action", "process/action", "delete"},
	},
	{
		part: "/tableservices/",
		roles: []string{
			"0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3", // Storage Table Data Contributor
			"76199698-9eea-4c19-bc75-cec21354c6b6", // Storage Table Data Reader
		},
		prefix:  "Microsoft.Storage/storageAccounts/tableServices/tables/entities/",
		actions: []string{"read", "write", "add/action", "update/action", "delete"},
	},
	{
		part: "/providers/microsoft.keyvault/vaults/",
		roles: []string{
			"4633458b-17de-408a-b874-0445c86b69e6", // Key Vault Secrets User
			"b86a8fe4-44ce-4948-aee5-eccb2c155cd7", // Key Vault Secrets Officer
			"00482a5a-887f-4fb3-b363-3b7fe8e74483", // Key Vault Administrator
		},
		prefix: "Microsoft.KeyVault/vaults/",
		actions: []string{
			"secrets/getSecret/action", "keys/encrypt/action", "keys/decrypt/action", "keys/wrap/action", "keys/unwrap/action",
			"keys/sign/action", "keys/verify/action",
		},
		only: true, // the others, such as */read of Key Vault Reader, show metadata
	},
	{
		part: "/providers/microsoft.appconfiguration/configurationstores/",
		roles: []string{
			"516239f1-63e1-4d78-a4de-a74fb236a071", // App Configuration Data Reader
			"5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b", // App Configuration Data Owner
		},
		prefix:  "Microsoft.AppConfiguration/configurationStores/",
		actions: []string{"keyValues/read", "keyValues/write"},
	},
}

// kindOf returns the kind of the target's data; its zero value if it is of none.
func kindOf(target string) dataKind {
	target = strings.ToLower(target) + "/"
	for _, k := range dataKinds {
		if strings.Contains(target, k.part) {
			return k
		}
	}
	return dataKind{}
}

// RoleOf returns the GUID of the role that Service Connector assigns to identities at the target of a connection; empty: it assigns
// several, or none.
func RoleOf(target string) string {
	if roles := kindOf(target).roles; len(roles) > 0 {
		return roles[0]
	}
	return ""
}

// GivesData reports whether the role of the GUID gives access to the data of the target. known is false for a role of which this follows
// from its definition only, such as one that somebody defined.
func GivesData(target, role string) (gives, known bool) {
	role = strings.ToLower(role)
	if slices.Contains(kindOf(target).roles, role) {
		return true, true
	}
	return false, ManagementRole(role) != ""
}

// ManagementRole returns the name of the built-in role of the GUID, in lower case, if it manages any resources and gives no access to data
// (https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/general); empty: it is another one.
func ManagementRole(role string) string {
	switch role {
	case "8e3af657-a8ff-443c-a75c-2fe8c4bcb635":
		return "Owner"
	case "b24988ac-6180-42a0-ab88-20f7382dd24c":
		return "Contributor"
	case "acdd72a7-3385-48ef-bd42-f606fba81ae7":
		return "Reader"
	}
	return ""
}

// RoleDefinition is the definition of a role that the identity has at the target, or why it could not be read.
type RoleDefinition struct {
	azure.RoleDefinition
	Error string `json:"error,omitempty"`
}

// GivesData is the function of this name by the role's definition. known is false if that could not be read, or if the role allows nothing
// with data of this kind that is known to suffice.
func (r RoleDefinition) GivesData(target string) (gives, known bool) {
	k := kindOf(target)
	if r.Error != "" || k.prefix == "" {
		return false, false
	}
	if slices.ContainsFunc(k.actions, func(a string) bool { return r.AllowsData(k.prefix + a) }) {
		return true, true
	}
	return false, k.only || !r.MayAllowData(k.prefix)
}

// maxDefinitions bounds how many role definitions are read for one connection.
const maxDefinitions = 10

// definitions reads the definitions of the roles of which GivesData does not know what they give, until one gives access: none, if a role
// is known to. The rest has an error.
func definitions(ctx context.Context, e *Env, c *azure.Client, resource, target string, roles []RoleInAzure) (all []RoleDefinition) {
	var unknown []string
	for _, r := range roles {
		gives, known := GivesData(target, r.Role)
		if gives {
			return nil
		}
		if !known && !slices.Contains(unknown, r.Role) {
			unknown = append(unknown, r.Role)
		}
	}
	for i, role := range unknown {
		if i == maxDefinitions {
			r := RoleDefinition{Error: "the identity has more roles there than are read"}
			r.Role = role
			return append(all, r)
		}
		d, err := fact.Cached(e.Shared, "definition of role "+role, func() (azure.RoleDefinition, error) {
			return azure.RoleDefinitionOf(ctx, c, resource, role)
		})
		r := RoleDefinition{RoleDefinition: d}
		if err != nil {
			r.Role, r.Error = role, err.Error()
		}
		all = append(all, r)
		if gives, _ := r.GivesData(target); gives {
			return all
		}
	}
	return all
}
