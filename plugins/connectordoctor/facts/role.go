package facts

import (
	"slices"
	"strings"
)

// RoleOf returns the GUID of the role that Service Connector assigns to identities at the target of a connection; empty: it assigns
// several, or none (https://learn.microsoft.com/azure/service-connector/concept-microsoft-entra-roles).
func RoleOf(target string) string {
	target = strings.ToLower(target) + "/"
	for part, role := range map[string]string{
		"/blobservices/":                        "ba92f5b4-2d11-453d-a403-e96b0029c9fe", // Storage Blob Data Contributor
		"/queueservices/":                       "974c5e8b-45b9-4653-ba55-5f855dd0fb88", // Storage Queue Data Contributor
		"/tableservices/":                       "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3", // Storage Table Data Contributor
		"/providers/microsoft.keyvault/vaults/": "4633458b-17de-408a-b874-0445c86b69e6", // Key Vault Secrets User
		"/providers/microsoft.appconfiguration/configurationstores/": "516239f1-63e1-4d78-a4de-a74fb236a071", // App Configuration Data Reader
	} {
		if strings.Contains(target, part) {
			return role
		}
	}
	return ""
}

// OnlyManages reports whether the role of the GUID, one of the general ones, allows to manage resources and not to read their data
// (https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/general).
func OnlyManages(role string) bool {
	return slices.Contains([]string{
		"8e3af657-a8ff-443c-a75c-2fe8c4bcb635", // Owner
		"b24988ac-6180-42a0-ab88-20f7382dd24c", // Contributor
		"acdd72a7-3385-48ef-bd42-f606fba81ae7", // Reader
	}, strings.ToLower(role))
}
