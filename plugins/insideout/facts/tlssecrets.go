package facts

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/ingress"
)

// AbsentSecrets are the Secrets that Ingresses, and the listeners of Gateways, name for TLS and that are not there. Nothing of a Secret but its metadata is
// read, and that only by who may: the roles do not ask for it, since the certificates that are shown tell as much.
var AbsentSecrets = &Fact[[]ingress.Backend]{
	Name:  "absent-tls-secrets",
	Needs: []check.Need{Ingresses},
	Gather: func(ctx context.Context, e *Env) ([]ingress.Backend, []check.Evidence, error) {
		absent := []ingress.Backend{}
		list, err := Ingresses.From(ctx, e)
		if err != nil {
			return absent, nil, err
		}
		var seen []check.Evidence
		asked := map[ingress.Backend]bool{}
		for _, in := range list.Items {
			for _, t := range in.TLS {
				b := in.Certificate(t)
				if t.Secret == "" || asked[b] || len(asked) == maxTried {
					continue
				}
				asked[b] = true
				seen = append(seen, check.Evidence{Source: []string{"kubectl", "get", "secret", b.Name, "-n", b.Namespace}})
				there, err := exists(ctx, e, "secrets", b.Namespace, b.Name)
				if err != nil {
					return absent, seen, err
				}
				if !there {
					absent = append(absent, b)
				}
			}
		}
		return absent, seen, nil
	},
}

// exists says whether the object of the core group is there. Only its metadata is read.
func exists(ctx context.Context, e *Env, resource, namespace, name string) (bool, error) {
	_, err := e.Clients.Metadata("v1", resource).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}
