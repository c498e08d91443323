package cloudprovider

import (
	"context"
	"encoding/json"
	"os"
	"regexp"

	"github.com/akstools/akstools/test/lab/internal/arm"
	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/process"
)

// ProcessName is the program's name among the lab's processes.
const ProcessName = "cloud-controller-manager"

// What backend pools consist of: addresses of nodes, or IP configurations of their NICs, which AKS has by default
// (https://cloud-provider-azure.sigs.k8s.io/topics/ip-based-lb/).
const (
	NodeIP              = "nodeIP"
	NodeIPConfiguration = "nodeIPConfiguration"
)

// Pools returns both.
func Pools() []string { return []string{NodeIP, NodeIPConfiguration} }

// Start signs a service principal in, which may change the node resource group as that of a cluster may, and starts the program on the
// control plane, where the names of the public cloud resolve. Of its controllers, only that of Services runs: the lab itself gives nodes
// their addresses.
func Start(ctx context.Context, program, pools string) error {
	id, secret, err := arm.Principal(ctx, arm.CloudProvider)
	if err != nil {
		return err
	}
	for scope, role := range map[string]string{
		"resourceGroups/" + layout.NodeGroup: "Contributor",
		"providers/Microsoft.Compute":        "Reader", // it asks for the region's zones
	} {
		if err := arm.Assign(ctx, arm.CloudProvider, role, "/subscriptions/"+layout.Subscription+"/"+scope); err != nil {
			return err
		}
	}
	b, err := json.MarshalIndent(config(id, secret, pools), "", "  ")
	if err != nil {
		return err
	}
	file := layout.In("azure", "azure.json")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		return err
	}
	kubeconfig := layout.In("azure", "cloud-provider.kubeconfig")
	if b, err = os.ReadFile(layout.PKI("admin.kubeconfig")); err != nil {
		return err
	}
	local := regexp.MustCompile(`server: .*`).ReplaceAllString(string(b), "server: https://"+layout.ControlPlaneIP)
	if err := os.WriteFile(kubeconfig, []byte(local), 0o600); err != nil {
		return err
	}
	return process.Spawn(layout.ControlPlane, ProcessName, nil, "env", "SSL_CERT_FILE="+arm.CA(), program,
		"--cloud-provider=azure", "--cloud-config="+file, "--controllers=service-lb-controller", "--configure-cloud-routes=false",
		"--allocate-node-cidrs=false", "--cluster-name=kubernetes", "--leader-elect=false", "--bind-address=127.0.0.1", "--v=2",
		"--kubeconfig="+kubeconfig, "--authentication-kubeconfig="+kubeconfig, "--authorization-kubeconfig="+kubeconfig)
}

// config is azure.json as AKS writes it, for the lab's cluster
// (https://cloud-provider-azure.sigs.k8s.io/install/configs/).
func config(client, secret, pools string) map[string]any {
	return map[string]any{
		"cloud": "AzurePublicCloud", "tenantId": layout.Tenant, "subscriptionId": layout.Subscription, "aadClientId": client,
		"aadClientSecret": secret, "resourceGroup": layout.NodeGroup, "location": layout.Location, "vnetName": arm.Network,
		"vnetResourceGroup": layout.NodeGroup, "subnetName": arm.Subnet, "securityGroupName": arm.SecurityGroup, "vmType": "vmss",
		"primaryScaleSetName": layout.ScaleSet, "loadBalancerSku": "standard", "loadBalancerName": "kubernetes",
		"loadBalancerBackendPoolConfigurationType": pools, "disableAvailabilitySetNodes": true, "enableVmssFlexNodes": false,
		"useInstanceMetadata": false, "cloudConfigType": "file", "maximumLoadBalancerRuleCount": 250, "disableOutboundSNAT": true,
		"clusterServiceLoadBalancerHealthProbeMode": "servicenodeport", "cloudProviderBackoff": false,
	}
}
