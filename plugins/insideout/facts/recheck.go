package facts

import (
	"context"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/endpoints"
)

// SecondLook holds pods and EndpointSlices, listed again.
type SecondLook struct {
	Pods   PodList           `json:"pods"`
	Slices []endpoints.Slice `json:"slices"`
}

// propagationDelay is how long controllers, kube-proxy and load balancers may lag behind a change.
const propagationDelay = 3 * time.Second

// wait returns after d, or with the cause when ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// retryOnce calls try and, if it reports not ok, once more after propagationDelay.
func retryOnce(ctx context.Context, try func() (ok bool, err error)) error {
	ok, err := try()
	if err != nil || ok {
		return err
	}
	if err := wait(ctx, propagationDelay); err != nil {
		return err
	}
	_, err = try()
	return err
}

// Recheck lists pods and EndpointSlices again, for when they disagree.
var Recheck = &Fact[SecondLook]{
	Name:   "later",
	Needs:  []check.Need{Service, Pods, Slices},
	Access: append(append([]rbacv1.PolicyRule{}, Pods.Access...), Slices.Access...),
	Gather: func(ctx context.Context, e *Env) (SecondLook, []check.Evidence, error) {
		if err := wait(ctx, propagationDelay); err != nil {
			return SecondLook{}, nil, err
		}
		s, err := Service.From(ctx, e)
		if err != nil {
			return SecondLook{}, nil, err
		}
		look := SecondLook{Slices: []endpoints.Slice{}}
		if len(s.Selector) > 0 {
			look.Pods, err = listPods(ctx, e, s)
			if err != nil {
				return look, nil, err
			}
		}
		look.Slices, err = cluster.EndpointSlices(ctx, e.Clients, e.Target.Namespace, slicesOf(s.Name))
		return look, nil, err
	},
}
