package facts

import (
	"slices"
	"strings"
)

// dataRoles are the GUIDs of the built-in roles that give access to data, by what the ID of a connection's target contains. The first is
// the one that Service Connector assigns (https://learn.microsoft.com/azure/service-connector/concept-microsoft-entra-roles); the others
// are of https://learn.microsoft.com/azure/role-based-access-control/built-in-roles.
func dataRoles(target string) []string {
	target = strings.ToLower(target) + "/"
	for part, roles := range map[string][]string{
		"/blobservices/": {
			"ba92f5b4-2d11-453d-a403-e96b0029c9fe", // Storage Blob Data Contributor
			"b7e6dc6d-f1e8-4753-8033-0f276bb0955b", // Storage Blob Data Owner
			"2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", // Storage Blob Data Reader
		},
		"/queueservices/": {
			"974c5e8b-45b9-4653-ba55-5f855dd0fb88", // Storage Queue Data Contributor
			"19e7f393-937e-4f77-808e-94535e297925", // Storage Queue Data Reader
			"8a0f0c08-91a1-4084-bc3d-661d67233fed", // Storage Queue Data Message Processor
			"c6a89b2d-59bc-44d0-9896-0f6e12d7b80a", // Storage Queue Data Message Sender
		},
		"/tableservices/": {
			"0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3", // Storage Table Data Contributor
			"76199698-9eea-4c19-bc75-cec21354c6b6", // Storage Table Data Reader
		},
		"/providers/microsoft.keyvault/vaults/": {
			"4633458b-17de-408a-b874-0445c86b69e6", // Key Vault Secrets User
			"b86a8fe4-44ce-4948-aee5-eccb2c155cd7", // Key Vault Secrets Officer
			"00482a5a-887f-4fb3-b363-3b7fe8e74483", // Key Vault Administrator
		},
		"/providers/microsoft.appconfiguration/configurationstores/": {
			"516239f1-63e1-4d78-a4de-a74fb236a071", // App Configuration Data Reader
			"5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b", // App Configuration Data Owner
		},
	} {
		if strings.Contains(target, part) {
			return roles
		}
	}
	return nil
}

// RoleOf returns the GUID of the role that Service Connector assigns to identities at the target of a connection; empty: it assigns
// several, or none.
func RoleOf(target string) string {
	if roles := dataRoles(target); len(roles) > 0 {
		return roles[0]
	}
	return ""
}

// GivesData reports whether the role of the GUID gives access to the data of the target. known is false for a role of which this is not
// known, such as one that somebody defined.
func GivesData(target, role string) (gives, known bool) {
	role = strings.ToLower(role)
	if slices.Contains(dataRoles(target), role) {
		return true, true
	}
	// these manage resources only: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/general
	return false, slices.Contains([]string{
		"8e3af657-a8ff-443c-a75c-2fe8c4bcb635", // Owner
		"b24988ac-6180-42a0-ab88-20f7382dd24c", // Contributor
		"acdd72a7-3385-48ef-bd42-f606fba81ae7", // Reader
	}, role)
}
