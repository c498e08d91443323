package facts

import (
	"context"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
)

// System is the namespace of the extension's Helm release and of its Job
// (https://learn.microsoft.com/azure/service-connector/how-to-use-service-connector-in-aks).
const System = "sc-system"

// SystemInfo is the namespace sc-system.
type SystemInfo struct {
	Exists      bool      `json:"exists"`
	Terminating bool      `json:"terminating,omitempty"`
	Created     time.Time `json:"created,omitzero"`
}

// SystemNamespace is the namespace sc-system, which the extension's first installation creates.
var SystemNamespace = &Fact[SystemInfo]{
	Name:   "system-namespace",
	Access: []rbacv1.PolicyRule{fact.GetRule("", "namespaces", System)},
	Gather: func(ctx context.Context, e *Env) (SystemInfo, []check.Evidence, error) {
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "namespaces", System, "--ignore-not-found")}}
		info, err := fact.Cached(e.Shared, System, func() (SystemInfo, error) {
			ns, err := e.Clients.CoreV1().Namespaces().Get(ctx, System, metav1.GetOptions{})
			if apierrors.IsNotFound(err) {
				return SystemInfo{}, nil
			}
			if err != nil {
				return SystemInfo{}, err
			}
			return SystemInfo{Exists: true, Terminating: ns.DeletionTimestamp != nil, Created: ns.CreationTimestamp.UTC()}, nil
		})
		return info, seen, err
	},
}
