package facts

import (
	"slices"
	"testing"

	"github.com/akstools/akstools/internal/podhealth"
)

func TestRequired(t *testing.T) {
	for region, want := range map[string]string{
		"":              "management.azure.com",
		"westeurope":    "westeurope.data.mcr.microsoft.com",
		"usgovvirginia": "management.usgovcloudapi.net",
		"usdodcentral":  "login.microsoftonline.us",
		"chinanorth3":   "mcr.azure.cn",
		"a b":           "management.azure.com", // not a region, so not in a name
	} {
		nodes := NodeList{Items: []podhealth.Node{{Name: "virtual"}, {Name: "node", Region: region}}}
		if got := requiredServers(nodes); !slices.Contains(got, want) {
			t.Errorf("%q: %q lacks %s", region, got, want)
		}
	}
}
