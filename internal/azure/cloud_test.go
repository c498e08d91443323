package azure

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
)

// login reads the configuration of an Azure CLI with the files, by their names.
func login(t *testing.T, env, files map[string]string) (Login, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return ReadLogin(func(name string) string {
		if name == "AZURE_CONFIG_DIR" {
			return dir
		}
		return env[name]
	}, "/nonexistent")
}

const labCloud = `[LabCloud]
endpoint_resource_manager = https://arm.example/
endpoint_active_directory = https://login.example
endpoint_active_directory_resource_id = https://audience.example/
`

func TestReadLogin(t *testing.T) {
	for name, test := range map[string]struct {
		env, files map[string]string
		endpoint   string // empty: an error that contains audience
		audience   string
	}{
		"nothing is configured": {endpoint: "https://management.azure.com", audience: "https://management.core.windows.net/"},
		"a built-in cloud": {
			files: map[string]string{"config": "[cloud]\nname = AzureChinaCloud\n"}, endpoint: "https://management.chinacloudapi.cn",
			audience: "https://management.core.chinacloudapi.cn",
		},
		"the environment comes first": {
			env:   map[string]string{"AZURE_CLOUD_NAME": "AzureUSGovernment"},
			files: map[string]string{"config": "[cloud]\nname = AzureChinaCloud\n"}, endpoint: "https://management.usgovcloudapi.net",
			audience: "https://management.core.usgovcloudapi.net",
		},
		"a custom cloud has an audience of its own": {
			files:    map[string]string{"config": "[cloud]\nname = LabCloud\n", "clouds.config": labCloud},
			endpoint: "https://arm.example", audience: "https://audience.example/",
		},
		"a cloud that nobody registered": {
			files: map[string]string{"config": "[cloud]\nname = LabCloud\n"}, audience: `no cloud "LabCloud"`,
		},
		"a section of the public cloud without an endpoint": {
			files: map[string]string{"clouds.config": "[AzureCloud]\nsubscription = 1\n"}, endpoint: "https://management.azure.com",
			audience: "https://management.core.windows.net/",
		},
		"an endpoint without TLS": {
			files: map[string]string{
				"config": "[cloud]\nname = LabCloud\n", "clouds.config": strings.Replace(labCloud, "https://arm", "http://arm", 1),
			},
			audience: "no https URL",
		},
		"a file that is no INI": {files: map[string]string{"config": "[cloud\nname"}, audience: "config"},
		"a profile that is no JSON": {
			files: map[string]string{"azureProfile.json": "{"}, audience: "azureProfile.json",
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := login(t, test.env, test.files)
			if test.endpoint == "" {
				if err == nil || !strings.Contains(err.Error(), test.audience) {
					t.Errorf("%+v, %v", l, err)
				}
				return
			}
			manager := l.Configuration.Services[cloud.ResourceManager]
			if err != nil || manager.Endpoint != test.endpoint || manager.Audience != test.audience && l.custom {
				t.Errorf("%+v, %v", manager, err)
			}
		})
	}
}

func TestSubscriptions(t *testing.T) {
	l, err := login(t, nil, map[string]string{
		"azureProfile.json": "\ufeff" + `{"subscriptions":[{"id":"S","tenantId":"T","name":"Lab","unknown":1}]}`,
	})
	if err != nil || l.tenant("s") != "T" || l.tenant("other") != "" || l.FromEnvironment {
		t.Errorf("%+v, %v", l, err)
	}
}

func FuzzReadLogin(f *testing.F) {
	f.Add("[cloud]\nname = LabCloud\n", labCloud, `{"subscriptions":[]}`)
	f.Add("[cloud", "[[", "\ufeff")
	f.Fuzz(func(t *testing.T, config, clouds, profile string) {
		l, err := login(t, nil, map[string]string{"config": config, "clouds.config": clouds, "azureProfile.json": profile})
		if err != nil {
			return
		}
		if at := l.Configuration.Services[cloud.ResourceManager].Endpoint; !strings.HasPrefix(at, "https://") {
			t.Errorf("a token would be sent to %q", at)
		}
	})
}
