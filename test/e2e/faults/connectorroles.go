package faults

// connectorRoles are identities whose role at the storage account is not one of those that are known by their IDs.
func connectorRoles() []ConnectorFault {
	const blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
	role := func(name, code, why string, r AzureRole) ConnectorFault {
		return ConnectorFault{
			Name: name, Code: code, Why: why, Degraded: code != "", NoRole: true, Role: "Shop " + name, Defined: &r,
		}
	}
	built := func(name, code, why, role string) ConnectorFault {
		return ConnectorFault{Name: name, Code: code, Why: why, Degraded: code != "", NoRole: true, Role: role}
	}
	return []ConnectorFault{
		role("role-for-management", "CON0702", "somebody defined a role with actions and without data actions", AzureRole{
			Actions: []string{"Microsoft.Storage/storageAccounts/*"},
		}),
		role("role-for-other-data", "CON0702", "the data of another service", AzureRole{
			DataActions: []string{"Microsoft.KeyVault/vaults/secrets/*"},
		}),
		role("role-for-queues", "CON0702", "the data of another service of the same account", AzureRole{
			DataActions: []string{"Microsoft.Storage/storageAccounts/queueServices/queues/messages/*"},
		}),
		role("role-without-blobs", "CON0702", "all data but those of the target", AzureRole{
			DataActions: []string{"*"}, NotDataActions: []string{"Microsoft.Storage/storageAccounts/blobServices/*"},
		}),
		built("account-contributor", "CON0702", "a built-in role that reads keys and no data", "Storage Account Contributor"),
		built("role-for-secrets", "CON0702", "a built-in role for the data of another service", "Key Vault Secrets User"),

		role("role-with-data", "", "somebody defined a role that reads blobs", AzureRole{DataActions: []string{blobs + "/read"}}),
		role("role-with-all-data", "", "a wildcard", AzureRole{DataActions: []string{"Microsoft.Storage/storageAccounts/*"}}),
		role("role-with-reading", "", "a wildcard in front, in another case", AzureRole{DataActions: []string{"*/READ"}}),
		role("role-without-deletion", "", "what is excluded is another action", AzureRole{
			DataActions: []string{blobs + "/*"}, NotDataActions: []string{blobs + "/delete"},
		}),
	}
}
