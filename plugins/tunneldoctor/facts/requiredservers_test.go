package facts

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/akstools/akstools/internal/podhealth"
)

// The cloud and the region of the first node that has a region decide. Only the public cloud has endpoints for image layers by region.
func TestRequiredServers(t *testing.T) {
	public := []string{
		"mcr.microsoft.com", "management.azure.com", "login.microsoftonline.com", "packages.microsoft.com", "packages.aks.azure.com",
	}
	government := []string{"mcr.microsoft.com", "management.usgovcloudapi.net", "login.microsoftonline.us", "packages.microsoft.com"}
	china := []string{"mcr.azure.cn", "management.chinacloudapi.cn", "login.chinacloudapi.cn", "packages.microsoft.com"}
	in := func(region string) []string {
		return append(public[:len(public):len(public)], region+".data.mcr.microsoft.com")
	}
	for name, c := range map[string]struct {
		regions []string // of the nodes
		want    []string
	}{
		"no nodes":                       {nil, public},
		"no region":                      {[]string{"", ""}, public},
		"a region":                       {[]string{"westeurope"}, in("westeurope")},
		"a region in capital letters":    {[]string{"WestEurope"}, in("westeurope")},
		"the first node has no region":   {[]string{"", "westeurope"}, in("westeurope")},
		"two regions":                    {[]string{"eastus", "chinaeast2"}, in("eastus")},
		"US government":                  {[]string{"usgovvirginia"}, government},
		"US government, capital letters": {[]string{"USGovVirginia"}, government},
		"US department of defense":       {[]string{"usdodcentral"}, government},
		"China":                          {[]string{"chinanorth3"}, china},
		"no word, so not in a name":      {[]string{"a b"}, public},
		"no word, then a region":         {[]string{"$(id)", "eastus"}, in("eastus")},
	} {
		var nodes NodeList
		for _, region := range c.regions {
			nodes.Items = append(nodes.Items, podhealth.Node{Region: region})
		}
		if diff := cmp.Diff(c.want, requiredServers(nodes)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Of the required servers, only a region's endpoint for image layers may not exist.
func TestOptionalServer(t *testing.T) {
	var optional []string
	for _, name := range requiredServers(NodeList{Items: []podhealth.Node{{Region: "eastus"}}}) {
		if OptionalServer(name) {
			optional = append(optional, name)
		}
	}
	if diff := cmp.Diff([]string{"eastus.data.mcr.microsoft.com"}, optional); diff != "" {
		t.Error(diff)
	}
}
