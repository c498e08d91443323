package cloudprovider

import (
	"context"
	"encoding/json"
	"os"

	"github.com/akstools/akstools/test/lab/internal/arm"
	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/process"
)

// ProcessName is the program's name among the lab's processes.
const ProcessName = "cloud-controller-manager"

// Start signs a service principal in, which may change the node resource group as that of a cluster may, and starts the program on the
// control plane, where the names of the public cloud resolve. Of its controllers, only that of Services runs: the lab itself gives nodes
// their addresses.
func Start(ctx context.Context, program string) error {
	id, secret, err := arm.Principal(ctx, arm.CloudProvider)
	if err != nil {
		return err
	}
	if err := arm.Assign(ctx, arm.CloudProvider, "Contributor", "/subscriptions/"+layout.Subscription+"/resourceGroups/"+layout.NodeGroup); err != nil {
		return err
	}
	b, err := json.MarshalIndent(config(id, secret), "", "  ")
	if err != nil {
		return err
	}
	file := layout.In("azure", "azure.json")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		return err
	}
	delegate := layout.PKI("controller-manager.kubeconfig")
	return process.Spawn(layout.ControlPlane, ProcessName, nil, "env", "SSL_CERT_FILE="+arm.CA(), program,
		"--cloud-provider=azure", "--cloud-config="+file, "--controllers=service-lb-controller", "--configure-cloud-routes=false",
		"--allocate-node-cidrs=false", "--cluster-name=kubernetes", "--leader-elect=false", "--bind-address=127.0.0.1", "--v=2",
		"--kubeconfig="+layout.PKI("admin.kubeconfig"), "--master=https://"+layout.ControlPlaneIP,
		"--authentication-kubeconfig="+delegate, "--authorization-kubeconfig="+delegate)
}

// config is azure.json as AKS writes it, for the lab's cluster
// (https://cloud-provider-azure.sigs.k8s.io/install/configs/).
func config(client, secret string) map[string]any {
	return map[string]any{
		"cloud": "AzurePublicCloud", "tenantId": layout.Tenant, "subscriptionId": layout.Subscription, "aadClientId": client,
		"aadClientSecret": secret, "resourceGroup": layout.NodeGroup, "location": layout.Location, "vnetName": arm.Network,
		"vnetResourceGroup": layout.NodeGroup, "subnetName": arm.Subnet, "securityGroupName": arm.SecurityGroup, "vmType": "vmss",
		"primaryScaleSetName": layout.ScaleSet, "loadBalancerSku": "standard", "loadBalancerName": "kubernetes",
		"loadBalancerBackendPoolConfigurationType": "nodeIP", "disableAvailabilitySetNodes": true, "enableVmssFlexNodes": false,
		"useInstanceMetadata": false, "cloudConfigType": "file", "maximumLoadBalancerRuleCount": 250, "disableOutboundSNAT": true,
		"clusterServiceLoadBalancerHealthProbeMode": "servicenodeport", "cloudProviderBackoff": false,
	}
}
