package checks

import (
	"fmt"
	"net/netip"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// TargetAnswers finds targets that accept connections and do not answer, and other servers in their place.
var TargetAnswers = &check.Check{
	Code: "CON0803",
	Name: "target-answers",
	Hop:  hopTrial,
	Doc: `the target itself answers, with a certificate for its name

The first messages of its protocol are exchanged, without credentials. A certificate for another name is that of a proxy on the way, or of a
server to which a wrong record in a private DNS zone leads. Whether the app trusts the issuer is not checked.`,
	Sources: []string{"https://learn.microsoft.com/azure/private-link/private-endpoint-dns"},
	After:   []*check.Check{TargetConnects},
	Needs:   []check.Need{facts.TargetAddress, facts.TargetAnswer},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		at, a, ok, err := answered(p)
		if !ok {
			return nil, err
		}
		f := check.Finding{Severity: check.Error}
		c := a.Answer.Certificate
		_, notName := netip.ParseAddr(at.Host)
		switch {
		case a.Connect != endpoints.Connected:
			p.Skip("there was no connection")
			return nil, nil
		case a.Service == facts.NoService || a.Service == facts.SQLServer:
			p.Skip("what such a target answers before a sign-in tells nothing")
			return nil, nil
		case a.Answer.Admission == facts.Foreign:
			f.Summary = fmt.Sprintf("what answers at %s is not the target: %s", at.Host, a.Answer.Says)
			f.Cause = "its name or port leads to another program, or something on the way answers in its place"
		case a.Answer.Admission == facts.Silent, a.Answer.Admission == facts.Closed:
			f.Summary = fmt.Sprintf("%s accepts the connection and does not answer", at.Host)
			if a.Answer.Admission == facts.Closed {
				f.Summary = fmt.Sprintf("%s accepts the connection and closes it without an answer", at.Host)
			}
			f.Cause = "something on the way accepts connections in its place, such as a firewall or proxy, or the target's own firewall closes them"
		case c != nil && !c.Matches && notName != nil:
			f.Summary = fmt.Sprintf("at %s answers a server with a certificate for %s", at.Host, names(c.Names))
			f.Cause = "a proxy on the way answers in its place, or its name leads to another server"
		case c != nil && c.NotAfter.Before(a.At):
			f.Summary = fmt.Sprintf("the certificate of %s expired on %s", at.Host, c.NotAfter.Format("2006-01-02"))
			f.Cause = "it was not renewed"
		default:
			return nil, nil
		}
		return []check.Finding{f}, nil
	},
}
