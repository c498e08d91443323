package azure

import "strings"

// TargetSignIn is which ways to sign in a resource refuses. A way that is not refused may still fail: users inside of databases, for
// example, are not read.
type TargetSignIn struct {
	// NoKeys is the property by which it refuses keys, or a database its passwords, as PROPERTY=VALUE with the value by which it would accept
	// them; empty: it does not refuse them.
	NoKeys string `json:"noKeys,omitempty"`
	// NoEntra is likewise the property by which it refuses tokens of Entra ID.
	NoEntra string `json:"noEntra,omitempty"`
}

// targetSignIn are the properties of resources that refuse a way to sign in: of storage accounts
// (https://learn.microsoft.com/azure/storage/common/shared-key-authorization-prevent), of PostgreSQL
// (https://learn.microsoft.com/azure/postgresql/flexible-server/how-to-configure-sign-in-azure-ad-authentication), of SQL
// (https://learn.microsoft.com/azure/azure-sql/database/authentication-azure-ad-only-authentication), of caches
// (https://learn.microsoft.com/azure/azure-cache-for-redis/cache-azure-active-directory-for-authentication), and disableLocalAuth of
// others.
type targetSignIn struct {
	SharedKeys   *bool `json:"allowSharedKeyAccess"`
	NoLocal      bool  `json:"disableLocalAuth"`
	NoAccessKeys bool  `json:"disableAccessKeyAuthentication"`
	Auth         struct {
		Entra     string `json:"activeDirectoryAuth"`
		Passwords string `json:"passwordAuth"`
	} `json:"authConfig"`
	Administrators struct {
		EntraOnly bool `json:"azureADOnlyAuthentication"`
	} `json:"administrators"`
}

func (s targetSignIn) refused() (r TargetSignIn) {
	switch {
	case s.SharedKeys != nil && !*s.SharedKeys:
		r.NoKeys = "allowSharedKeyAccess=true"
	case s.NoLocal:
		r.NoKeys = "disableLocalAuth=false"
	case s.NoAccessKeys:
		r.NoKeys = "disableAccessKeyAuthentication=false"
	case strings.EqualFold(s.Auth.Passwords, "Disabled"):
		r.NoKeys = "authConfig.passwordAuth=Enabled"
	case s.Administrators.EntraOnly:
		r.NoKeys = "administrators.azureADOnlyAuthentication=false"
	}
	if strings.EqualFold(s.Auth.Entra, "Disabled") {
		r.NoEntra = "authConfig.activeDirectoryAuth=Enabled"
	}
	return r
}
