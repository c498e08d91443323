package checks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// renewalWindow is how long before it expires a certificate should have been renewed: a week, or a fifth of a short lifetime.
// cert-manager renews after two thirds of it
// (https://cert-manager.io/docs/usage/certificate/#reissuance-triggered-by-expiry-renewal).
func renewalWindow(c endpoints.Certificate) time.Duration {
	week := 7 * 24 * time.Hour
	if c.NotBefore.IsZero() { // from an older bundle
		return week
	}
	return min(week, c.NotAfter.Sub(c.NotBefore)/5)
}

// IngressCertificateFits evaluates the certificates that the controllers present.
var IngressCertificateFits = &check.Check{
	Code: "INS0706",
	Name: "ingress-certificate-fits",
	Hop:  hopIngress,
	Doc: `the certificate that the controller of the Ingress or Gateway presents is for the host and has not expired

Browsers and other clients reject a certificate that is for another name or has expired.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/services-networking/ingress/#tls"},
	After:   []*check.Check{TLSSecretExists},
	Needs:   []check.Need{facts.Service, facts.Ingresses, facts.FromIngresses},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, list, err := serviceRoutes(p)
		if err != nil || len(list.Items) == 0 {
			return nil, err
		}
		answers, ok, err := probed(p, facts.FromIngresses)
		if err != nil || !ok {
			return nil, err
		}
		var fs []check.Finding
		shown := 0
		for _, a := range answers.Items {
			if !a.TLS || a.Certificate == nil {
				continue
			}
			in := list.Of(a)
			if in.Gateway == nil && in.Secured(a.Host) == nil {
				continue // it names none: TLS is terminated in front of the controller, which presents its own to the test pod
			}
			shown++
			until := a.Certificate.NotAfter
			by := secretOwner(in)
			f := check.Finding{
				Severity: check.Error, Target: in.Ref(),
				Fixes: []check.Fix{fix(fmt.Sprintf("renew the certificate in the Secret that %s names", by))},
			}
			switch {
			case a.Host != "" && !a.Certificate.Matches:
				f.Summary = fmt.Sprintf("the controller presents a certificate for %s, not for host %s",
					or(strings.Join(a.Certificate.Names, ", "), "no name"), a.Host)
				f.Cause = fmt.Sprintf("the Secret that %s names holds another host's certificate, or is missing or unusable, "+
					"so the controller presents its own", by)
				if names := a.Certificate.Names; slices.ContainsFunc(names, ownCertificate) {
					f.Cause = fmt.Sprintf("it is the controller's default certificate: the Secret that %s names holds another host's certificate, "+
						"lacks one of the keys tls.crt and tls.key, or holds two that do not fit together", by)
				}
				f.Fixes[0].Title = fmt.Sprintf("put a certificate for the host into the Secret that %s names, or name a Secret that has one", by)
			case until.Before(answers.At):
				f.Summary = fmt.Sprintf("the certificate for %s expired on %s", a.Host, until.Format("2006-01-02"))
				f.Cause = "it was not renewed"
			case until.Before(answers.At.Add(renewalWindow(*a.Certificate))):
				f.Severity = check.Warning
				f.Summary = fmt.Sprintf("the certificate for %s expires on %s", a.Host, until.Format("2006-01-02"))
				f.Cause = "if it is renewed automatically, that is overdue"
			default:
				continue
			}
			fs = append(fs, f)
		}
		if shown == 0 {
			p.Skip("no answer over TLS presented a certificate that the Ingress or Gateway sets")
		}
		return fs, nil
	},
}

// ownCertificate reports whether the name is one for which controllers make certificates for themselves: Traefik and ingress-nginx.
func ownCertificate(name string) bool {
	return strings.HasSuffix(name, ".traefik.default") || name == "ingress.local"
}

// secretOwner names what references the Secret with the certificate.
func secretOwner(in ingress.Ingress) string {
	if in.Gateway != nil {
		return "the listener of Gateway " + in.Gateway.Name
	}
	return "the Ingress"
}
