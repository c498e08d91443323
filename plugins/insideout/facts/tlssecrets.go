package facts

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/ingress"
)

// AbsentSecrets are the TLS Secrets that Ingresses and listeners of Gateways name and that do not exist. Only metadata of
// Secrets is read, and only with permission to: the generated roles do not include it, since the certificates that are
// presented show as much.
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
		read := map[ingress.Backend]bool{}
		for _, in := range list.Items {
			for _, t := range in.TLS {
				b := in.Certificate(t)
				if t.Secret == "" || read[b] || len(read) == maxTried {
					continue
				}
				read[b] = true
				seen = append(seen, check.Evidence{Source: cmdline.Kubectl("get", "secret", b.Name, "-n", b.Namespace)})
				ok, err := exists(ctx, e, "secrets", b.Namespace, b.Name)
				if err != nil {
					return absent, seen, err
				}
				if !ok {
					absent = append(absent, b)
				}
			}
		}
		return absent, seen, nil
	},
}

// exists reports whether the object of the core group exists. Only its metadata is read.
func exists(ctx context.Context, e *Env, resource, namespace, name string) (bool, error) {
	_, err := e.Clients.Metadata("v1", resource).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}
