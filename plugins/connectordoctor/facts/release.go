package facts

import (
	"context"
	"strconv"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/redact"
)

// HelmRelease is the newest version of a Helm release, by the labels of the Secret that Helm keeps it in
// (https://github.com/helm/helm/blob/v3.22.0/pkg/storage/driver/secrets.go).
type HelmRelease struct {
	Name    string    `json:"name"` // empty: there is none
	Version int       `json:"version,omitempty"`
	Status  string    `json:"status,omitempty"`
	Changed time.Time `json:"changed,omitzero"`
	Secret  string    `json:"secret,omitempty"` // in which Helm keeps it
	At      time.Time `json:"at"`               // when it was read
	// Revisions is how many versions Helm keeps.
	Revisions int `json:"revisions,omitempty"`
}

// Release is the newest Helm release in sc-system. Only metadata leave the API server; RBAC cannot grant them alone.
var Release = &Fact[HelmRelease]{
	Name:       "helm-release",
	Needs:      []check.Need{SystemNamespace},
	OptionalIn: map[string][]rbacv1.PolicyRule{System: {fact.Rule("", "secrets", "list")}},
	Gather: func(ctx context.Context, e *Env) (HelmRelease, []check.Evidence, error) {
		ns, err := SystemNamespace.From(ctx, e)
		if err != nil || !ns.Exists {
			return HelmRelease{At: now()}, nil, err
		}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "secrets", "-n", System, "-l", "owner=helm", "--show-labels")}}
		r, err := fact.Cached(e.Shared, "helm release", func() (HelmRelease, error) { return newestRelease(ctx, e) })
		return r, seen, err
	},
}

func newestRelease(ctx context.Context, e *Env) (HelmRelease, error) {
	r := HelmRelease{At: now()}
	err := cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		return e.Clients.Metadata("v1", "secrets").Namespace(System).List(ctx, o)
	}, "owner=helm", func(object runtime.Object) {
		if o, ok := object.(*metav1.PartialObjectMetadata); ok {
			r.add(o)
		}
	})
	return r, err
}

// add takes the release in the Secret, if it was changed after that which is known.
func (r *HelmRelease) add(o *metav1.PartialObjectMetadata) {
	version, err := strconv.Atoi(o.Labels["version"])
	if err != nil {
		return
	}
	r.Revisions++
	changed := o.CreationTimestamp.UTC()
	for _, label := range []string{"createdAt", "modifiedAt"} {
		if seconds, err := strconv.ParseInt(o.Labels[label], 10, 64); err == nil {
			changed = time.Unix(seconds, 0).UTC()
		}
	}
	same := redact.Line(o.Labels["name"]) == r.Name
	if r.Name != "" && (same && version < r.Version || !same && changed.Before(r.Changed)) {
		return
	}
	r.Name, r.Version, r.Status, r.Changed, r.Secret = redact.Line(o.Labels["name"]), version, redact.Line(o.Labels["status"]), changed, o.Name
}
