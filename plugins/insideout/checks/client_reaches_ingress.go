package checks

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// ClientReachesIngress compares the answers to this client with those inside the cluster.
var ClientReachesIngress = &check.Check{
	Code: "INS0902",
	Name: "client-reaches-ingress",
	Hop:  hopClient,
	Doc: `this client's requests reach the app through the Ingress or Gateway

Each request has a unique word in its query, which is looked for in the controller's log. A request that the log lacks was lost
before the controller: at its load balancer, a network security group, a firewall, or on this client's side.`,
	Sources: []string{
		"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/connection-issues-application-hosted-aks-cluster",
	},
	After: []*check.Check{IngressAnswers},
	Needs: []check.Need{facts.Service, facts.Ingresses, facts.Controllers, facts.IngressesFromHere, facts.ControllerLogs},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, list, err := serviceRoutes(p)
		if err != nil || len(list.Items) == 0 {
			return nil, err
		}
		answers, ok, err := probed(p, facts.IngressesFromHere)
		if err != nil || !ok {
			return nil, err
		}
		if len(answers.Items) == 0 {
			p.Skip("no Ingress or Gateway has an address")
			return nil, nil
		}
		all, err := facts.Controllers.Get(p)
		if err != nil {
			return nil, err
		}
		var fs []check.Finding
		var unknown error
		for _, a := range answers.Items {
			if a.Error != "" && !a.OK() {
				return fs, fmt.Errorf("request %s%s could not be sent from here: %s", a.Host, a.Path, a.Error)
			}
			if a.OK() {
				continue
			}
			f := check.Finding{
				Severity: check.Error, Target: list.Of(a.IngressAnswer).Ref(),
				Summary: fmt.Sprintf("request %s%s gets %s from this client at %s, but %s inside the cluster",
					a.Host, a.Path, outcome(a.Answer), a.At, outcome(a.Direct)),
				Cause: lostWhere(p, a),
			}
			byName := a.IngressAnswer
			byName.Answer = a.ByName
			address := all.Address(a.Address)
			ip, err := netip.ParseAddr(a.Address)
			switch {
			case len(a.Elsewhere) > 0 && byName.OK():
				f.Severity = check.Info
				f.Cause = "the host works by its name, through something in front of the cluster; this address may allow nothing else"
			case a.Connect != endpoints.Connected && (address.Internal || address.Service == nil && err == nil && ip.IsPrivate()):
				f.Severity = check.Info
				f.Cause = "the address is private, and this client may be outside its network: try from inside"
			case len(a.Elsewhere) > 0 && a.ByName.Connect == "": // it may be meant to be reached through something in front of it only
				unknown = errors.Join(unknown, notByName(a))
				continue
			}
			if to := address.Service; to != nil {
				f.Fixes = []check.Fix{fix("diagnose the controller's own load balancer",
					cmdline.Kubectl("insideout", "svc/"+to.Name, "-n", to.Namespace))}
			}
			fs = append(fs, f)
		}
		return unlessFound(fs, check.Error, unknown)
	},
}

// lostWhere says on which side of the controller the request was lost, by the controller's log.
func lostWhere(p *check.Pass, a facts.IngressHereAnswer) string {
	log, err := facts.ControllerLogs.Get(p)
	switch {
	case err != nil:
		return "whether it reached the controller is unknown: " + err.Error()
	case len(log.Pods) == 0:
		return "the controller's log was not read: its pods are unknown"
	case slices.Contains(log.Tags, a.Tag):
		return "the controller's log has the request: its answer is lost, or the controller treats this client's address differently"
	case log.Partial:
		return "whether it reached the controller is unknown: only a part of the log was read, and the request is not in it"
	case log.Requests:
		return "the controller's log has the test pod's requests but not this one: it was lost before the controller, " +
			"at its load balancer, a network security group, a firewall, or on this client's side"
	}
	return "whether it reached the controller is unknown, since its log has no requests at all: " +
		"a load balancer, a network security group, a firewall or a route may drop it"
}
