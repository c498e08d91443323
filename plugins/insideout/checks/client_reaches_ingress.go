package checks

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// ClientReachesIngress sends the requests from where this program runs.
var ClientReachesIngress = &check.Check{
	Code: "INS0902",
	Name: "client-reaches-ingress",
	Hop:  hopClient,
	Doc: `this client's requests come through the Ingress or Gateway to the app

Each request has a word of its own in its query, by which it is looked for in the controller's log: one that is not there was lost
before the controller: at its load balancer, a network security group, a firewall, or on this client's side.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/connection-issues-application-hosted-aks-cluster"},
	After:   []*check.Check{IngressAnswers},
	Needs:   []check.Need{facts.Service, facts.Ingresses, facts.Controllers, facts.IngressesFromHere, facts.ControllerLogs},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, list, err := served(p)
		if err != nil || len(list.Items) == 0 {
			return nil, err
		}
		answers, err := facts.IngressesFromHere.Get(p)
		switch {
		case err != nil:
			return nil, err
		case answers.Off != "":
			p.Skip("it was not probed: %s", answers.Off)
			return nil, nil
		case len(answers.Items) == 0:
			p.Skip("no Ingress or Gateway has an address")
			return nil, nil
		}
		all, err := facts.Controllers.Get(p)
		if err != nil {
			return nil, err
		}
		var fs []check.Finding
		for _, a := range answers.Items {
			if a.Error != "" && !a.Good() {
				return fs, fmt.Errorf("the request %s%s could not be sent from here: %s", a.Host, a.Path, a.Error)
			}
			if a.Good() {
				continue
			}
			f := check.Finding{
				Severity: check.Error, Target: list.Of(a.IngressAnswer).Ref(),
				Summary: fmt.Sprintf("the request %s%s gets %s from this client at %s, and %s inside the cluster", a.Host, a.Path, outcome(a.Answer), a.At, outcome(a.Direct)),
				Cause:   before(p, a),
			}
			byName := a.IngressAnswer
			byName.Answer = a.ByName
			entrance := all.Entrance(a.Address)
			ip, err := netip.ParseAddr(a.Address)
			switch {
			case len(a.Elsewhere) > 0 && byName.Good():
				f.Severity, f.Cause = check.Info, "by its name the host is reached, through what stands before the cluster; that address may let in nothing else"
			case a.Connect != endpoints.Connected && (entrance.Internal || entrance.Service == nil && err == nil && ip.IsPrivate()):
				f.Severity, f.Cause = check.Info, "the address is an internal one, and this client may be outside its network: try from within"
			}
			if to := entrance.Service; to != nil {
				f.Fixes = []check.Fix{fix("walk the controller's own load balancer", kubectl("insideout", "svc/"+to.Name, "-n", to.Namespace))}
			}
			fs = append(fs, f)
		}
		return fs, nil
	},
}

// before says on which side of the controller the request was lost, by its log.
func before(p *check.Pass, a facts.IngressHereAnswer) string {
	log, err := facts.ControllerLogs.Get(p)
	switch {
	case err != nil:
		return "whether it came to the controller is not known: " + err.Error()
	case len(log.Pods) == 0:
		return "the controller's log is not read: its pods are not known"
	case slices.Contains(log.Tags, a.Tag):
		return "the controller's log has the request: what is wrong is the way back, or what the controller makes of this client's address"
	case log.Partly:
		return "the part of the controller's log that was read does not have the request, so whether it came so far is not known"
	case log.Requests:
		return "the controller's log has the requests of the test pod and not this one: it was lost before the controller, at its load balancer, a network security group, a firewall, or on this client's side"
	}
	return "the controller's log has no requests at all, so whether it came so far is not known: a load balancer, a network security group, a firewall or a route may drop it"
}
