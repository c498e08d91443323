package azure

import (
	"slices"
	"strings"
)

// VaultPolicy is an access policy of a key vault, as far as it is about secrets.
type VaultPolicy struct {
	Object string // the object ID of a user, a group or an identity, in lower case
	// Foreign reports that it is of another tenant than the vault, so that it does not count.
	Foreign bool
	Secrets []string // the permissions on secrets, in lower case; all stands for all of them
}

// MayGet reports whether the policy allows to read secrets.
func (p VaultPolicy) MayGet() bool {
	return !p.Foreign && (slices.Contains(p.Secrets, "get") || slices.Contains(p.Secrets, "all"))
}

// vaultAccess is the part of a key vault's properties that tells who has access to its secrets
// (https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults/get).
type vaultAccess struct {
	RBAC     *bool  `json:"enableRbacAuthorization"`
	Tenant   string `json:"tenantId"`
	Policies []struct {
		Tenant string `json:"tenantId"`
		Object string `json:"objectId"`
		// Application is set if the policy counts only for this application on behalf of the object.
		Application string `json:"applicationId"`
		Permissions struct {
			Secrets []string `json:"secrets"`
		} `json:"permissions"`
	} `json:"accessPolicies"`
}

// policies reports whether access policies count, which is so unless the vault says that roles do, and returns those that do not need an
// application.
func (v vaultAccess) policies() (count bool, all []VaultPolicy) {
	if v.RBAC != nil && *v.RBAC {
		return false, nil
	}
	for _, p := range v.Policies {
		if p.Application != "" {
			continue
		}
		policy := VaultPolicy{Object: strings.ToLower(p.Object), Foreign: v.Tenant != "" && !strings.EqualFold(p.Tenant, v.Tenant)}
		for _, s := range p.Permissions.Secrets {
			policy.Secrets = append(policy.Secrets, strings.ToLower(s))
		}
		all = append(all, policy)
	}
	return true, all
}
