package onward

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// DestinationCertificateFits evaluates the certificate that the destination presents.
var DestinationCertificateFits = &check.Check{
	Code: "INS1005",
	Name: "destination-certificate-fits",
	Hop:  hopTLS,
	Doc: `the destination's certificate is for its name and has not expired

Whether the pod trusts the issuer depends on the pod's own CA certificates and is not checked.`,
	Sources: []string{"https://www.rfc-editor.org/rfc/rfc9525"},
	After:   []*check.Check{DestinationConnects},
	Needs:   []check.Need{facts.Origin, facts.Onward},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		o, err := facts.Origin.Get(p)
		if err != nil {
			return nil, err
		}
		a, err := facts.Onward.Get(p)
		if err != nil {
			return nil, err
		}
		f := check.Finding{Severity: check.Error, Target: o.Ref()}
		c := a.Certificate
		switch {
		case a.Connect != endpoints.Connected:
			p.Skip("no connection was established")
			return nil, nil
		case a.Spoken == "":
			p.Skip("port %d does not start with TLS", o.To.Port)
			return nil, nil
		case a.Spoken == endpoints.HTTPS && c == nil:
			p.Skip("the destination requires a client certificate before it presents its own")
			return nil, nil
		case c == nil && o.To.Port != 443 && o.To.Port != 6443:
			p.Skip("port %d does not speak TLS", o.To.Port)
			return nil, nil
		case c == nil:
			f.Summary = fmt.Sprintf("%s does not speak TLS on port %d: %s", o.To.Host, o.To.Port, a.Spoken)
			f.Cause = "something else listens there, or a proxy on the way answers"
		case !c.Matches && isName(o.To.Host):
			f.Summary = fmt.Sprintf("%s presents a certificate for %s", o.To.Host, strings.Join(c.Names, ", "))
			f.Cause = "the name resolves to another server, or a proxy on the way answers instead"
		case c.NotAfter.Before(a.At):
			f.Summary = fmt.Sprintf("the certificate of %s expired on %s", o.To.Host, c.NotAfter.Format("2006-01-02"))
			f.Cause = "it was not renewed"
		default:
			return nil, nil
		}
		return []check.Finding{f}, nil
	},
}

// isName reports whether the host is a name, which its certificate must hold, and not an IP address.
func isName(host string) bool {
	_, err := netip.ParseAddr(host)
	return err != nil
}
