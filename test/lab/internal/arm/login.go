package arm

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

// principal is a service principal as the program answers.
type principal struct {
	Name     string `json:"name"`
	ClientID string `json:"clientId"`
	ObjectID string `json:"objectId"`
	Secret   string `json:"secret"`
}

// signIn is the file by which the stub of az knows who is signed in.
type signIn struct {
	Principal principal `json:"principal"`
	Tenant    string    `json:"tenant"`
	Authority string    `json:"authority"`
	Manager   string    `json:"manager"` // the URL of Resource Manager
}

const signInFile = "lab-sign-in.json"

// cloudName is the custom cloud in which Resource Manager is at the host's loopback.
const cloudName = "LabCloud"

// Published is the URL of Resource Manager on the host's loopback.
const Published = "https://127.0.0.1:" + layout.ARMPort

// Login makes dir the configuration directory of an Azure CLI at which the service principal of the name is signed in. It
// creates the principal if there is none. If public is set, the cloud is the public one, which only the lab's machines
// reach; otherwise it is a custom cloud on the host's loopback. from is the public address of a user, which tokens hold; empty: an
// application is signed in.
func Login(ctx context.Context, dir, name, from string, public bool) error {
	var p principal
	if err := Decode(ctx, "POST", "/principals/"+name+"?from="+url.QueryEscape(from), nil, &p); err != nil {
		return err
	}
	cloud, who := cloudName, signIn{Principal: p, Tenant: layout.Tenant, Authority: Published, Manager: Published}
	if public {
		cloud, who.Authority, who.Manager = "AzureCloud", "https://login.microsoftonline.com", "https://management.azure.com"
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	profile := map[string]any{"installationId": "22222222-2222-2222-2222-222222222222", "subscriptions": []any{map[string]any{
		"id": layout.Subscription, "name": "Lab", "state": "Enabled", "isDefault": true, "tenantId": layout.Tenant, "homeTenantId": layout.Tenant,
		"environmentName": cloud, "managedByTenants": []any{}, "user": map[string]any{"name": p.ClientID, "type": "servicePrincipal"},
	}}}
	b, err := json.Marshal(profile)
	if err != nil {
		return err
	}
	secret, err := json.Marshal(who)
	if err != nil {
		return err
	}
	files := map[string]string{
		"azureProfile.json": "\ufeff" + string(b), // az writes it with a byte order mark
		signInFile:          string(secret),
		"config":            fmt.Sprintf("[cloud]\nname = %s\n", cloud),
	}
	if !public {
		files["clouds.config"] = fmt.Sprintf("[%s]\nendpoint_resource_manager = %s/\nendpoint_active_directory = %s\n"+
			"endpoint_active_directory_resource_id = %s/\nendpoint_management = %s/\n", cloudName, Published, Published, Published, Published)
	}
	for file, text := range files {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}
