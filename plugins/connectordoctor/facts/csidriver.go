package facts

import (
	"context"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
)

// DriverInfo is the Secrets Store CSI Driver on the cluster.
type DriverInfo struct {
	Exists bool `json:"exists"` // the CSIDriver does
	// Audiences are those of the tokens that the kubelet gives to the driver; workload identity needs one.
	Audiences []string `json:"audiences,omitempty"`
	// Nodes are those on which the driver has registered with the kubelet, sorted.
	Nodes []string `json:"nodes,omitempty"`
}

// CSIDriver is the Secrets Store CSI Driver, which the add-on azure-keyvault-secrets-provider installs
// (https://learn.microsoft.com/azure/aks/csi-secrets-store-driver).
var CSIDriver = &Fact[DriverInfo]{
	Name: "csi-driver",
	Access: []rbacv1.PolicyRule{
		fact.GetRule("storage.k8s.io", "csidrivers", csiDriver), fact.Rule("storage.k8s.io", "csinodes", "list"),
	},
	Gather: func(ctx context.Context, e *Env) (DriverInfo, []check.Evidence, error) {
		seen := []check.Evidence{
			{Source: cmdline.Kubectl("get", "csidrivers", csiDriver, "--ignore-not-found")}, {Source: cmdline.Kubectl("get", "csinodes")},
		}
		info, err := fact.Cached(e.Shared, csiDriver, func() (DriverInfo, error) { return readDriver(ctx, e) })
		return info, seen, err
	},
}

func readDriver(ctx context.Context, e *Env) (DriverInfo, error) {
	o, err := e.Clients.StorageV1().CSIDrivers().Get(ctx, csiDriver, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return DriverInfo{}, nil
	}
	if err != nil {
		return DriverInfo{}, err
	}
	info := DriverInfo{Exists: true}
	for _, r := range o.Spec.TokenRequests {
		info.Audiences = append(info.Audiences, r.Audience)
	}
	err = cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		return e.Clients.StorageV1().CSINodes().List(ctx, o)
	}, "", func(object runtime.Object) {
		n, ok := object.(*storagev1.CSINode)
		if ok && slices.ContainsFunc(n.Spec.Drivers, func(d storagev1.CSINodeDriver) bool { return d.Name == csiDriver }) {
			info.Nodes = append(info.Nodes, n.Name)
		}
	})
	slices.Sort(info.Nodes)
	return info, err
}
