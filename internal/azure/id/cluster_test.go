package id

import "testing"

func TestAKS(t *testing.T) {
	const group = "/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/"
	for cluster, want := range map[string]string{
		group + "lab/providers/Microsoft.ContainerService/managedClusters/lab": "az aks start " +
			"--subscription 00000000-0000-0000-0000-000000000000 -g lab -n lab",
		group + "lab/providers/microsoft.containerservice/managedclusters/lab-2": "az aks start " +
			"--subscription 00000000-0000-0000-0000-000000000000 -g lab -n lab-2",
		group + "lab/providers/Microsoft.ContainerService/managedClusters/-h":          "",
		group + "@file/providers/Microsoft.ContainerService/managedClusters/lab":       "",
		group + "lab/providers/Microsoft.ContainerService/managedClusters/a b":         "",
		group + "lab/providers/Microsoft.Network/virtualNetworks/lab":                  "",
		group + "lab/providers/Microsoft.ContainerService/managedClusters/lab/pools/a": "",
		"": "",
	} {
		got := ""
		if c := AKS(cluster, "start"); !c.IsZero() {
			got = c.String()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", cluster, got, want)
		}
	}
}
