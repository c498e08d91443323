package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// TLSSecretExists finds missing TLS Secrets, unless the controller presents the certificates.
var TLSSecretExists = &check.Check{
	Code: "INS0705",
	Name: "tls-secret-exists",
	Hop:  hopIngress,
	Doc: `the Secret with the certificate of the Ingress or Gateway exists

Without it controllers present a certificate of their own, which no client trusts. Only the Secret's metadata is read, only
if the controller does not present a certificate for the host, and only with permission to do so. INS0706 finds the effect
without it.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/services-networking/ingress/#tls"},
	After:   []*check.Check{IngressClassIsServed, RouteReferencesResolve},
	Needs:   []check.Need{facts.Service, facts.Ingresses, facts.FromIngresses, facts.AbsentSecrets},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, list, err := serviceRoutes(p)
		if err != nil {
			return nil, err
		}
		answers, err := facts.FromIngresses.Get(p)
		if err != nil {
			answers = facts.IngressAnswers{} // then the Secrets are read
		}
		var fs []check.Finding
		for _, in := range list.Items {
			for _, t := range in.TLS {
				if t.Secret == "" || !secures(in, t, s) || certificatePresented(list, answers, in, t) {
					continue
				}
				absent, err := facts.AbsentSecrets.Get(p)
				if err != nil {
					p.Skip("Secrets could not be read: %v", err)
					return nil, nil
				}
				secret := in.Certificate(t)
				if !slices.Contains(absent, secret) {
					continue
				}
				fs = append(fs, check.Finding{
					Severity: check.Error, Target: in.Ref(),
					Summary: fmt.Sprintf("Secret %s, which %s names for %s, does not exist",
						nameIn(in.Namespace, secret.Namespace, t.Secret), frontName(in), or(strings.Join(t.Hosts, ", "), "its hosts")),
					Cause: "cert-manager or the Key Vault provider has not created it, or it is in another namespace; " +
						"the controller presents its own certificate instead",
					Fixes: []check.Fix{fix("create the Secret from the certificate and its key",
						cmdline.Kubectl("create", "secret", "tls", t.Secret, "-n", secret.Namespace, "--cert=CERTIFICATE.pem", "--key=KEY.pem"),
					)},
				})
			}
		}
		return fs, nil
	},
}

// secures reports whether t is for a host whose requests are routed to the Service.
func secures(in ingress.Ingress, t ingress.TLS, s facts.ServiceInfo) bool {
	return slices.ContainsFunc(in.To(s.Backend()), func(r ingress.Rule) bool {
		secured := in.Secured(r.Host)
		return secured != nil && secured.Secret == t.Secret
	})
}

// certificatePresented reports whether a request for a host of t was answered with a certificate for it, and none with
// another.
func certificatePresented(list facts.IngressList, answers facts.IngressAnswers, in ingress.Ingress, t ingress.TLS) bool {
	some := false
	for _, a := range answers.Items {
		if of := list.Of(a); of.Ref() != in.Ref() || !a.TLS || in.Secured(a.Host) == nil || in.Secured(a.Host).Secret != t.Secret {
			continue
		}
		if a.Certificate == nil || !a.Certificate.Matches {
			return false
		}
		some = true
	}
	return some
}
