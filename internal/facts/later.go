package facts

import (
	"context"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
)

// SecondLook is pods and EndpointSlices, listed again.
type SecondLook struct {
	Pods   PodList           `json:"pods"`
	Slices []endpoints.Slice `json:"slices"`
}

// settles is how long the endpoint slice controller may lag.
const settles = 3 * time.Second

// Later is a second look at pods and EndpointSlices, for when they disagree.
var Later = &Fact[SecondLook]{
	Name:   "later",
	Needs:  []check.Need{Pods, Slices},
	Access: append(append([]rbacv1.PolicyRule{}, Pods.Access...), Slices.Access...),
	Gather: func(ctx context.Context, e *Env) (SecondLook, []check.Evidence, error) {
		select {
		case <-ctx.Done():
			return SecondLook{}, nil, context.Cause(ctx)
		case <-time.After(settles):
		}
		pods, seen, err := Pods.Gather(ctx, e)
		if err != nil {
			return SecondLook{}, seen, err
		}
		all, more, err := Slices.Gather(ctx, e)
		return SecondLook{pods, all}, append(seen, more...), err
	},
}
