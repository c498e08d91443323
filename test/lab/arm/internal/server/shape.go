package server

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerservice/armcontainerservice/v6"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/kubernetesconfiguration/armkubernetesconfiguration/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/msi/armmsi"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v9"
)

// shapes are the SDK's types of the resources. A body must survive them: a member that they do not know is refused.
var shapes = map[string]func() any{
	"microsoft.network/networksecuritygroups":                                       newOf[armnetwork.SecurityGroup],
	"microsoft.network/networksecuritygroups/securityrules":                         newOf[armnetwork.SecurityRule],
	"microsoft.network/virtualnetworks":                                             newOf[armnetwork.VirtualNetwork],
	"microsoft.network/virtualnetworks/subnets":                                     newOf[armnetwork.Subnet],
	"microsoft.network/routetables":                                                 newOf[armnetwork.RouteTable],
	"microsoft.network/routetables/routes":                                          newOf[armnetwork.Route],
	"microsoft.network/loadbalancers":                                               newOf[armnetwork.LoadBalancer],
	"microsoft.network/loadbalancers/backendaddresspools":                           newOf[armnetwork.BackendAddressPool],
	"microsoft.network/publicipaddresses":                                           newOf[armnetwork.PublicIPAddress],
	"microsoft.network/publicipprefixes":                                            newOf[armnetwork.PublicIPPrefix],
	"microsoft.network/azurefirewalls":                                              newOf[armnetwork.AzureFirewall],
	"microsoft.network/natgateways":                                                 newOf[armnetwork.NatGateway],
	"microsoft.network/networkinterfaces":                                           newOf[armnetwork.Interface],
	"microsoft.compute/virtualmachinescalesets/virtualmachines/networkinterfaces":   newOf[armnetwork.Interface],
	"microsoft.compute/virtualmachinescalesets":                                     newOf[armcompute.VirtualMachineScaleSet],
	"microsoft.compute/virtualmachinescalesets/virtualmachines":                     newOf[armcompute.VirtualMachineScaleSetVM],
	"microsoft.containerservice/managedclusters":                                    newOf[armcontainerservice.ManagedCluster],
	"microsoft.servicelinker/linkers":                                               newOf[linker],
	"microsoft.kubernetesconfiguration/extensions":                                  newOf[armkubernetesconfiguration.Extension],
	"microsoft.managedidentity/userassignedidentities":                              newOf[armmsi.Identity],
	"microsoft.managedidentity/userassignedidentities/federatedidentitycredentials": newOf[armmsi.FederatedIdentityCredential],
}

func newOf[T any]() any { return new(T) }

// extra are members that Azure has and the SDK's version does not know yet, by their paths in lower case.
var extra = []string{
	"properties.apiserveraccessprofile.enablevnetintegration", "properties.apiserveraccessprofile.subnetid",
	"properties.nodeprovisioningprofile",
}

// shaped returns the failure for a body that is not one of the kind, or nil.
func shaped(kind string, body map[string]any) *failure {
	make, ok := shapes[strings.ToLower(kind)]
	if !ok {
		return nil
	}
	before, err := json.Marshal(body)
	if err != nil {
		return fail(http.StatusBadRequest, "InvalidRequestContent", "The request content was invalid: %v", err)
	}
	v := make()
	if err := json.Unmarshal(before, v); err != nil {
		return fail(
			http.StatusBadRequest,
			"InvalidRequestContent",
			"The request content was invalid and could not be deserialized: '%v'.",
			err,
		)
	}
	after, err := json.Marshal(v)
	if err != nil {
		return fail(http.StatusBadRequest, "InvalidRequestContent", "%v", err)
	}
	var kept map[string]any
	if err := json.Unmarshal(after, &kept); err != nil {
		return fail(http.StatusBadRequest, "InvalidRequestContent", "%v", err)
	}
	if lost := lostMember("", body, kept); lost != "" {
		return fail(
			http.StatusBadRequest,
			"InvalidRequestContent",
			"The request content was invalid and could not be deserialized: 'Could not find member '%s' on object of type '%s''.",
			lost,
			kind,
		)
	}
	return nil
}

// lostMember returns the path of the first member of before that after does not have, or "".
func lostMember(path string, before, after any) string {
	switch b := before.(type) {
	case map[string]any:
		a, _ := after.(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(b)) {
			p := strings.TrimPrefix(path+"."+key, ".")
			if b[key] == nil || slices.Contains(extra, strings.ToLower(p)) {
				continue
			}
			if _, ok := a[key]; !ok {
				return p
			}
			if lost := lostMember(p, b[key], a[key]); lost != "" {
				return lost
			}
		}
	case []any:
		a, _ := after.([]any)
		for i, e := range b {
			if i >= len(a) {
				return fmt.Sprintf("%s[%d]", path, i)
			}
			if lost := lostMember(path, e, a[i]); lost != "" {
				return lost
			}
		}
	}
	return ""
}
