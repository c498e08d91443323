// Package azure reads Azure Resource Manager: who is signed in, the cluster behind the nodes, and the network around them. It
// reads, and RunCommand runs scripts on machines. Each reader is a function of a Client and of resource IDs, and returns small types; the
// caller decides what to do about an *Error, which says what is missing.
package azure

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"gopkg.in/ini.v1"
)

// Login is what the user's environment and Azure CLI say: which cloud to ask, and as whom. It holds no secrets.
type Login struct {
	// Cloud is the cloud's name as in `az cloud list`.
	Cloud         string
	Configuration cloud.Configuration
	// Subscriptions are those that the Azure CLI knows.
	Subscriptions []Subscription
	// FromEnvironment reports whether environment variables name a service principal, a workload identity or a managed identity.
	FromEnvironment bool

	custom bool // the cloud is not one of the built-in ones
}

// Subscription is a subscription that the Azure CLI is signed in to.
type Subscription struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Tenant string `json:"tenantId"`
	// Default reports whether it is the one that az uses unless another is named.
	Default bool `json:"isDefault"`
}

// rank orders subscriptions: the default one first.
func (s Subscription) rank() int {
	if s.Default {
		return 1
	}
	return 0
}

// publicCloud is the name of the cloud that az uses unless another is set.
const publicCloud = "AzureCloud"

var builtIn = map[string]cloud.Configuration{
	publicCloud: cloud.AzurePublic, "AzureChinaCloud": cloud.AzureChina, "AzureUSGovernment": cloud.AzureGovernment,
}

// ReadLogin reads the configuration of the Azure CLI and the environment. getenv is os.Getenv, home the user's home directory. A
// configuration that cannot be read is an error: the public cloud is never assumed in its place.
// (https://learn.microsoft.com/cli/azure/azure-cli-configuration)
func ReadLogin(getenv func(string) string, home string) (Login, error) {
	dir := getenv("AZURE_CONFIG_DIR")
	if dir == "" {
		dir = filepath.Join(home, ".azure")
	}
	if getenv("ARM_CLOUD_METADATA_URL") != "" {
		return Login{}, errors.New("ARM_CLOUD_METADATA_URL is set, which is not supported: register the cloud with az cloud register")
	}
	l := Login{Cloud: getenv("AZURE_CLOUD_NAME")}
	if l.Cloud == "" {
		file, err := readINI(filepath.Join(dir, "config"))
		if err != nil {
			return l, err
		}
		l.Cloud = file.Section("cloud").Key("name").MustString(publicCloud)
	}
	file, err := readINI(filepath.Join(dir, "clouds.config"))
	if err != nil {
		return l, err
	}
	if l.Configuration, err = configuration(l.Cloud, file); err != nil {
		return l, fmt.Errorf("%s: %w", filepath.Join(dir, "clouds.config"), err)
	}
	_, builtin := builtIn[l.Cloud]
	l.custom = !builtin
	for _, name := range []string{"AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE", "IDENTITY_ENDPOINT", "AZURE_TOKEN_CREDENTIALS"} {
		l.FromEnvironment = l.FromEnvironment || getenv(name) != ""
	}
	l.Subscriptions, err = readProfile(filepath.Join(dir, "azureProfile.json"))
	return l, err
}

// readINI reads a file of the Azure CLI. A file that does not exist is empty.
func readINI(path string) (*ini.File, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ini.Empty(), nil
	}
	if err != nil {
		return nil, err
	}
	file, err := ini.LoadSources(ini.LoadOptions{IgnoreInlineComment: true}, b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return file, nil
}

// configuration returns the configuration of the named cloud: one of the built-in clouds, with what the file says differently, or
// one that `az cloud register` has written to the file. The audience of tokens is the Active Directory resource ID, as in az, and not
// the endpoint.
func configuration(name string, file *ini.File) (cloud.Configuration, error) {
	c, known := builtIn[name]
	if !file.HasSection(name) {
		if !known {
			return c, fmt.Errorf("no cloud %q", name)
		}
		return c, nil
	}
	s := file.Section(name)
	if known && !s.HasKey("endpoint_resource_manager") {
		if s.HasKey("endpoint_active_directory") {
			return c, fmt.Errorf("cloud %q: endpoint_active_directory without endpoint_resource_manager is not supported", name)
		}
		return c, nil
	}
	endpoint := s.Key("endpoint_resource_manager").String()
	audience := endpoint
	for _, key := range []string{"endpoint_management", "endpoint_active_directory_resource_id"} {
		if v := s.Key(key).String(); v != "" {
			audience = v
		}
	}
	authority := s.Key("endpoint_active_directory").MustString(c.ActiveDirectoryAuthorityHost)
	for key, value := range map[string]string{
		"endpoint_resource_manager": endpoint, "endpoint_active_directory": authority, "endpoint_active_directory_resource_id": audience,
	} {
		if u, err := url.Parse(value); err != nil || u.Scheme != "https" || u.Host == "" {
			return c, fmt.Errorf("cloud %q: %s is %q, which is no https URL", name, key, value)
		}
	}
	return cloud.Configuration{
		ActiveDirectoryAuthorityHost: authority,
		Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Endpoint: strings.TrimSuffix(endpoint, "/"), Audience: audience},
		},
	}, nil
}
