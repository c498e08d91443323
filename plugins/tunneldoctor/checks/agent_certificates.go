package checks

import (
	"fmt"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// AgentCertificateIsCurrent finds agents whose client certificate has expired, or is not valid yet.
var AgentCertificateIsCurrent = &check.Check{
	Code: "TUN0208",
	Name: "agent-certificate-is-current",
	Hop:  hopAgents,
	Doc: `the client certificate of the tunnel agents is valid now

Agents authenticate with a client certificate of the cluster (Secret konnectivity-certs). A cluster's certificates expire; AKS
renews them when the cluster is updated or its certificates are rotated. One that is not valid yet means that a clock is wrong, of the
node or of who issued it.`,
	Sources: []string{"https://learn.microsoft.com/azure/aks/certificate-rotation"},
	After:   []*check.Check{AgentsStart},
	Needs:   []check.Need{facts.Tunnel, facts.Agents, facts.AgentNodeReports, facts.LogAttempts},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, agents, reports, err := unconnectedNodes(p)
		if err != nil || len(agents.Items) == 0 {
			return nil, err
		}
		var found []agentProblem
		for _, s := range reports {
			a := s.Report.Agent
			switch {
			case a == nil || a.CertificateUntil.IsZero() || s.Report.Now.IsZero():
			case a.CertificateFrom.After(s.Report.Now):
				found = append(found, agentProblem{
					agentOf(agents, s.Agent), "has a client certificate that is not valid before " + a.CertificateFrom.Format(time.RFC3339),
					fmt.Sprintf("the node's clock says %s: it is behind, or the certificate was issued by a clock that is ahead",
						s.Report.Now.Format(time.RFC3339)),
				})
			case a.CertificateUntil.Before(s.Report.Now):
				found = append(found, agentProblem{
					agentOf(agents, s.Agent), "has a client certificate that expired at " + a.CertificateUntil.Format(time.RFC3339),
					"the tunnel server rejects expired certificates",
				})
			}
		}
		return agentFindings(agents, found, rotateFix()), nil
	},
}

// AgentCertificateIsAccepted finds agents whose client certificate the tunnel server rejects.
var AgentCertificateIsAccepted = &check.Check{
	Code: "TUN0209",
	Name: "agent-certificate-is-accepted",
	Hop:  hopAgents,
	Doc: `the tunnel server accepts the client certificate of the tunnel agents

After an incomplete rotation, the Secret konnectivity-certs may hold a certificate of a CA that is no longer trusted.`,
	Sources: []string{"https://learn.microsoft.com/azure/aks/certificate-rotation"},
	After:   []*check.Check{AgentCertificateIsCurrent},
	Needs:   []check.Need{facts.Tunnel, facts.Agents, facts.AgentNodeReports, facts.LogAttempts},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, agents, reports, err := unconnectedNodes(p)
		if err != nil || len(agents.Items) == 0 {
			return nil, err
		}
		var found []agentProblem
		for _, s := range reports {
			if a := s.Report.Agent; a != nil && a.Refused != "" {
				found = append(found, agentProblem{
					agentOf(agents, s.Agent), fmt.Sprintf("is rejected by the tunnel server: %q", a.Refused),
					"its client certificate is from another CA, or not valid for this purpose",
				})
			}
		}
		return agentFindings(agents, found, rotateFix()), nil
	},
}

func rotateFix() check.Fix {
	return check.Fix{
		Title: "rotate the cluster's certificates", Disruptive: true,
		Commands: []cmdline.Command{ofCluster("rotate-certs")}, Placeholders: clusterPlaceholders(),
	}
}

// agentOf returns the agent of that name; if it is not in the list, one with only its name.
func agentOf(agents facts.AgentList, name string) facts.Agent {
	for _, a := range agents.Items {
		if a.Name == name {
			return a
		}
	}
	return facts.Agent{Pod: podhealth.Pod{Name: name}}
}
