// Package cloudprovider runs Azure's own cloud provider (https://github.com/kubernetes-sigs/cloud-provider-azure) against the lab's Azure
// Resource Manager, in which it makes load balancers, network security rules and public addresses for Services of type LoadBalancer.
package cloudprovider

import (
	"context"
	"io"

	"github.com/akstools/akstools/test/lab/internal/tool"
)

// Build builds the program into the user's cache, unless it is there, and returns its path. module is the directory of the lab's Go module.
func Build(ctx context.Context, module string, progress io.Writer) (string, error) {
	return tool.Program{
		Package: "sigs.k8s.io/cloud-provider-azure/cmd/cloud-controller-manager",
		Module:  "../tools/cloudprovider", Name: "cloud-controller-manager", Time: "10 minutes",
	}.Build(ctx, module, progress)
}
