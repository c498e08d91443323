package azure

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
)

// The types of targets whose firewall is part of the resource itself.
const (
	storageType   = "Microsoft.Storage/storageAccounts"
	vaultType     = "Microsoft.KeyVault/vaults"
	cosmosType    = "Microsoft.DocumentDB/databaseAccounts"
	cognitiveType = "Microsoft.CognitiveServices/accounts"
)

// RedisType is the type of caches.
const RedisType = "Microsoft.Cache/redis"

// targets are the types of resources to which Service Connector connects clusters
// (https://learn.microsoft.com/azure/service-connector/overview), each with a stable version of its API that tells who can connect. The
// versions are those of https://github.com/Azure/azure-rest-api-specs and of the page allversions of each provider, such as
// https://learn.microsoft.com/azure/templates/microsoft.keyvault/allversions.
var targets = map[string]string{
	"Microsoft.AppConfiguration/configurationStores": "2023-03-01",
	RedisType:                                   "2023-08-01",
	"Microsoft.Cache/redisEnterprise":           "2024-02-01",
	cognitiveType:                               "2023-05-01",
	"Microsoft.DBforMySQL/flexibleServers":      "2023-12-30",
	"Microsoft.DBforPostgreSQL/flexibleServers": "2024-08-01", // the first stable one with private endpoints
	cosmosType:                                  "2024-05-15",
	"Microsoft.EventHub/namespaces":             "2024-01-01",
	vaultType:                                   "2023-07-01",
	"Microsoft.ServiceBus/namespaces":           "2024-01-01", // the first stable one with publicNetworkAccess
	"Microsoft.SignalRService/signalR":          "2023-02-01",
	"Microsoft.SignalRService/webPubSub":        "2023-02-01",
	"Microsoft.Sql/servers":                     "2021-11-01",
	storageType:                                 "2023-05-01",
}

// Target is the resource to which a connection leads.
type Target struct {
	ID     string `json:"id"` // of the whole resource, such as the server of a database
	Type   string `json:"type"`
	Exists bool   `json:"exists"`
	// Policies reports that it is a key vault with access policies, so that roles do not count.
	Policies bool `json:"policies,omitempty"`
	// AccessPolicies are these. They name everybody who has access: bundles do not hold them.
	AccessPolicies []VaultPolicy `json:"-"`
	// Network is who can connect to it; nil: it does not exist, or a bundle of an earlier version has it.
	Network *TargetNetwork `json:"network,omitempty"`
	// Endpoint is where its clients connect; its Host is empty if that is unknown.
	Endpoint Endpoint `json:"endpoint,omitzero"`
	// SignIn is which ways to sign in it accepts.
	SignIn TargetSignIn `json:"signIn,omitzero"`
}

// ErrTargetType is returned for a resource of a type that is not read.
var ErrTargetType = errors.New("resources of this type are not read")

// TargetOf returns the resource to which a connection with the target leads, with its firewall. The client's subscription is that of the
// cluster.
func TargetOf(ctx context.Context, c *Client, id string) (Target, error) {
	r, err := arm.ParseResourceID(id)
	if err != nil {
		return Target{}, &Error{Reason: Refused, Text: "the target of the connection is not the ID of a resource"}
	}
	for r.Parent != nil && strings.HasPrefix(strings.ToLower(r.ResourceType.String()), strings.ToLower(r.Parent.ResourceType.String())+"/") {
		r = r.Parent
	}
	t := Target{ID: r.String(), Type: r.ResourceType.String()}
	version := versionOf(t.Type)
	if version == "" {
		return t, ErrTargetType
	}
	var raw struct {
		Location   string `json:"location"`
		Properties struct {
			vaultAccess
			targetAccess
			targetSignIn
			targetEndpoint
		} `json:"properties"`
	}
	err = c.get(ctx, t.ID, version, &raw)
	var reason *Error
	// what is in another subscription may only be hidden
	if errors.As(err, &reason) && reason.Reason == NotFound && strings.EqualFold(r.SubscriptionID, c.Subscription) {
		return t, nil
	}
	if err != nil {
		return t, err
	}
	t.Exists, t.Network, t.SignIn = true, raw.Properties.network(t.Type, raw.Location), raw.Properties.accepts(t.Type)
	t.Endpoint = raw.Properties.of(t.Type, id)
	t.readFirewall(ctx, c, version)
	if strings.EqualFold(t.Type, vaultType) {
		t.Policies, t.AccessPolicies = raw.Properties.policies()
	}
	return t, nil
}

// versionOf returns the version of the API for targets of the type; empty: they are not read.
func versionOf(kind string) string {
	for k, v := range targets {
		if strings.EqualFold(k, kind) {
			return v
		}
	}
	return ""
}

// targetActions returns the actions that TargetOf and DataGrants need, of which each target needs those of its own type.
func targetActions() []string {
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(targets)) {
		all = append(all, kind+"/read")
		all = append(all, firewalls[strings.ToLower(kind)].actions(kind)...)
		if part := grants[strings.ToLower(kind)]; part != "" {
			all = append(all, kind+"/"+part+"/read")
		}
	}
	return all
}
