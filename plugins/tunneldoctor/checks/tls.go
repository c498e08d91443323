package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// TLSIsNotIntercepted finds appliances that intercept TLS.
var TLSIsNotIntercepted = &check.Check{
	Code: "TUN0304",
	Name: "tls-is-not-intercepted",
	Hop:  hopEgress,
	Doc: `nothing between the agents and the API server intercepts TLS

Agents trust only the cluster's own CA. An appliance that inspects TLS presents a certificate of its own, which breaks the tunnel. So does a
Service that has the API server's address among its externalIPs: kube-proxy sends the agents' connections to its pods.`,
	Sources: []string{
		"https://learn.microsoft.com/azure/aks/outbound-rules-control-egress",
		"https://kubernetes.io/docs/concepts/services-networking/service/#external-ips",
	},
	After: []*check.Check{APIPortIsReached, TunnelServerAnswers},
	Needs: []check.Need{facts.Tunnel, facts.Agents, facts.ClusterNodes, facts.AgentNodeReports, facts.LogAttempts, facts.AddressTakers},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, agents, reports, err := withAPIState(p)
		if err != nil {
			return nil, err
		}
		for _, s := range reports {
			api := s.Report.API
			for _, h := range []struct {
				foreign bool
				issuer  string
			}{{api.TLS.Foreign(), api.TLS.Issuer}, {api.ALPN.Foreign(), api.ALPN.Issuer}} {
				if h.foreign {
					return taken(p, egressFinding(agents, s.Node,
						fmt.Sprintf("%s presents to %s a certificate issued by %q, not by the cluster's CA", endpoint(t), clientOf(s), h.issuer),
						"something on the path inspects TLS and presents a certificate of its own, which agents reject",
						handshakeEvidence(s, t, true),
						egressFix(p, "exclude the API server's name from TLS inspection: check the egress of the node subnet"))), nil
				}
			}
			if api.TLS.Tried && !api.TLS.Done() && !api.ALPN.Done() {
				reason := firstNonEmpty(api.TLS.Error, "connection closed")
				return taken(p, egressFinding(agents, s.Node,
					fmt.Sprintf("the TLS handshake from %s with %s fails: %s", clientOf(s), endpoint(t), reason),
					"the port is reachable, but what answers there completes no TLS handshake: an appliance, or the API server's front end",
					handshakeEvidence(s, t, false), egressFix(p, "check the egress of the node subnet"))), nil
			}
		}
		return nil, nil
	},
}

// taken replaces the cause of the finding, a stranger at the API server's address, if a Service has that address.
func taken(p *check.Pass, fs []check.Finding) []check.Finding {
	takers, err := facts.AddressTakers.Get(p)
	if err != nil && !facts.IsNotHeld(err) { // a bundle of an earlier version has none
		fs[0].Cause += fmt.Sprintf("; whether a Service has the API server's address is unknown: %v", err)
	}
	if err != nil || len(takers) == 0 {
		return fs
	}
	s, f := takers[0], &fs[0]
	f.Target = s.Service
	f.Summary = fmt.Sprintf("Service %s/%s has the API server's address %s, and answers agents in its place", s.Service.Namespace,
		s.Service.Name, s.Address)
	f.Cause = "kube-proxy on each node sends new connections to that address to the Service's pods; nodes keep those that are established"
	f.Fixes = []check.Fix{{Title: "see what assigned the address to its load balancer, and change it there", Commands: []cmdline.Command{
		cmdline.Kubectl("describe", "service", s.Service.Name, "-n", s.Service.Namespace),
	}}}
	if s.External {
		f.Fixes = []check.Fix{{Title: "remove its externalIPs", Commands: []cmdline.Command{
			cmdline.Kubectl("patch", "service", s.Service.Name, "-n", s.Service.Namespace, "--type=json", "-p",
				`[{"op":"remove","path":"/spec/externalIPs"}]`),
		}}}
	}
	f.Evidence = append(f.Evidence, check.Evidence{
		Source: cmdline.Kubectl("get", "service", s.Service.Name, "-n", s.Service.Namespace, "-o", "wide"), Lines: []string{s.Address},
	})
	return fs
}

// ALPNIsKept finds appliances that close connections with an unknown ALPN protocol.
var ALPNIsKept = &check.Check{
	Code: "TUN0305",
	Name: "alpn-is-kept",
	Hop:  hopEgress,
	Doc: `TLS connections with the ALPN protocol konnectivity reach the API server

The tunnel shares port 443 with the API server and is distinguished by ALPN, an extension of TLS. A firewall that blocks or
rewrites it breaks the tunnel, while nodes stay Ready.`,
	Sources: []string{"https://learn.microsoft.com/azure/aks/outbound-rules-control-egress"},
	After:   []*check.Check{TLSIsNotIntercepted},
	Needs:   []check.Need{facts.Tunnel, facts.Agents, facts.ClusterNodes, facts.AgentNodeReports, facts.LogAttempts},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, agents, reports, err := withAPIState(p)
		if err != nil {
			return nil, err
		}
		if t.Endpoint.ALPN == "" {
			p.Skip("the agents offer no ALPN protocol")
			return nil, nil
		}
		for _, s := range reports {
			api := s.Report.API
			if !api.TLS.Done() || !api.ALPN.Tried {
				continue
			}
			if !api.ALPN.Done() {
				reason := firstNonEmpty(api.ALPN.Error, "connection closed")
				return egressFinding(agents, s.Node,
					fmt.Sprintf("TLS from %s to %s works without the ALPN protocol %s and fails with it: %s",
						clientOf(s), endpoint(t), t.Endpoint.ALPN, reason),
					"something on the path closes connections that offer an ALPN protocol it does not know",
					handshakeEvidence(s, t, true),
					egressFix(p, "allow the ALPN protocol "+t.Endpoint.ALPN+" on the firewall or proxy: check the egress of the node subnet")), nil
			}
		}
		return nil, nil
	},
}

// LongHellosPass finds firewalls that drop the ClientHello of a TLS connection if it takes more than one packet.
var LongHellosPass = &check.Check{
	Code: "TUN0314",
	Name: "long-hellos-pass",
	Hop:  hopEgress,
	Doc: `a TLS ClientHello of more than one packet reaches the API server

Programs built with recent versions of Go offer a post-quantum key exchange, so that the first message of their TLS connections, the
ClientHello, takes two packets. Some firewalls expect all of it in the first packet, and drop it. So does a path that loses packets of full
size (MTU). The handshake that is tried is made longer by names of protocols (ALPN).`,
	Sources: []string{"https://go.dev/doc/go1.24#cryptotlspkgcryptotls", "https://tldr.fail"},
	After:   []*check.Check{ALPNIsKept},
	Needs:   []check.Need{facts.Tunnel, facts.Agents, facts.ClusterNodes, facts.AgentNodeReports, facts.LogAttempts},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, agents, reports, err := withAPIState(p)
		if err != nil {
			return nil, err
		}
		tried := false
		for _, s := range reports {
			api := s.Report.API
			tried = tried || api.Long.Tried
			if !api.TLS.Done() || api.Long.Done() || api.Long.Error == "" {
				continue
			}
			return egressFinding(agents, s.Node,
				fmt.Sprintf("TLS from %s to %s works with a short ClientHello, and one of two packets gets no answer", clientOf(s), endpoint(t)),
				"something on the path drops a ClientHello that takes more than one packet, or packets of full size (MTU); agents send such a "+
					"ClientHello if they are built with Go 1.23 or later",
				seenOn(s.Node, []string{"error: " + api.Long.Error}, longHello(t)),
				egressFix(p, "let the firewall on the path reassemble the ClientHello, or exclude the API server's name from its TLS inspection: "+
					"check the egress of the node subnet")), nil
		}
		if len(reports) > 0 && !tried {
			p.Skip("no report has a handshake with a long ClientHello")
		}
		return nil, nil
	},
}

// longHello is a TLS handshake with the agents' endpoint whose ClientHello takes two packets.
func longHello(t facts.TunnelInfo) cmdline.Command {
	return cmdline.Program("timeout", "5").Running(cmdline.BashScript(
		`openssl s_client -connect "$1" -servername "$2" -alpn "h2$(printf ',x%0200d' 1 2 3 4 5 6 7)" </dev/null`, endpoint(t), t.Endpoint.Host))
}

// handshakeEvidence is the evidence of a TLS handshake with the agents' endpoint, with or without their ALPN protocol.
func handshakeEvidence(s facts.NodeReport, t facts.TunnelInfo, alpn bool) []check.Evidence {
	command := cmdline.Program("openssl", "s_client", "-connect", endpoint(t), "-servername", t.Endpoint.Host)
	h := s.Report.API.TLS
	if alpn {
		command, h = command.With("-alpn", t.Endpoint.ALPN+",h2"), s.Report.API.ALPN
	}
	var lines []string
	for _, line := range []struct{ name, value string }{
		{"issuer", h.Issuer}, {"verify", h.Verify}, {"protocol", h.Protocol}, {"error", h.Error},
	} {
		if line.value != "" {
			lines = append(lines, line.name+": "+line.value)
		}
	}
	return seenOn(s.Node, lines, command)
}
