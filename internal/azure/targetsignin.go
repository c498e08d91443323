package azure

import "strings"

// TargetSignIn is whether a resource accepts ways to sign in: keys, or the passwords of a database, and tokens of Entra ID. Nil: the
// resource itself does not say. A way that is accepted may still fail: users inside of databases, for example, are not read.
type TargetSignIn struct {
	Keys  *Acceptance `json:"keys,omitempty"`
	Entra *Acceptance `json:"entra,omitempty"`
}

// Acceptance is that a way to sign in is accepted, or refused by a setting.
type Acceptance struct {
	// Allow is the setting by which it would be accepted, as PROPERTY=VALUE; empty: it is accepted.
	Allow string `json:"allow,omitempty"`
}

// targetSignIn are the properties of resources that refuse a way to sign in: of storage accounts
// (https://learn.microsoft.com/azure/storage/common/shared-key-authorization-prevent), of PostgreSQL
// (https://learn.microsoft.com/azure/postgresql/flexible-server/how-to-configure-sign-in-azure-ad-authentication), of SQL
// (https://learn.microsoft.com/azure/azure-sql/database/authentication-azure-ad-only-authentication), and disableLocalAuth of others.
type targetSignIn struct {
	SharedKeys *bool `json:"allowSharedKeyAccess"` // nil means true
	NoLocal    bool  `json:"disableLocalAuth"`
	Auth       struct {
		Entra     string `json:"activeDirectoryAuth"`
		Passwords string `json:"passwordAuth"`
	} `json:"authConfig"`
	Administrators struct {
		EntraOnly bool `json:"azureADOnlyAuthentication"`
	} `json:"administrators"`
}

// accepts returns what a resource of the type accepts, as far as its properties tell.
func (s targetSignIn) accepts(kind string) TargetSignIn {
	unless := func(refused bool, setting string) *Acceptance {
		if refused {
			return &Acceptance{setting}
		}
		return &Acceptance{}
	}
	switch strings.ToLower(kind) {
	case strings.ToLower(storageType):
		return TargetSignIn{unless(s.SharedKeys != nil && !*s.SharedKeys, "allowSharedKeyAccess=true"), &Acceptance{}}
	case strings.ToLower(vaultType):
		return TargetSignIn{Entra: &Acceptance{}} // it has no keys of its own
	case strings.ToLower(cosmosType), strings.ToLower(cognitiveType), "microsoft.appconfiguration/configurationstores",
		"microsoft.eventhub/namespaces", "microsoft.servicebus/namespaces", "microsoft.signalrservice/signalr",
		"microsoft.signalrservice/webpubsub":
		return TargetSignIn{unless(s.NoLocal, "disableLocalAuth=false"), &Acceptance{}}
	case "microsoft.dbforpostgresql/flexibleservers":
		return TargetSignIn{
			unless(strings.EqualFold(s.Auth.Passwords, "Disabled"), "authConfig.passwordAuth=Enabled"),
			unless(strings.EqualFold(s.Auth.Entra, "Disabled"), "authConfig.activeDirectoryAuth=Enabled"),
		}
	case "microsoft.sql/servers": // tokens need an administrator of Entra ID, which is not read
		return TargetSignIn{Keys: unless(s.Administrators.EntraOnly, "administrators.azureADOnlyAuthentication=false")}
	}
	return TargetSignIn{}
}
