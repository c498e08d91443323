package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// kubeletNeeds are the facts that the checks of kubelets need.
var kubeletNeeds = []check.Need{facts.Tunnel, facts.ClusterNodes, facts.LogAttempts, facts.AgentNodeReports, facts.KubeletNodeReports}

// eachKubelet calls evaluate for each kubelet with a broken path, with the first such path and the report of the kubelet's node.
func eachKubelet(p *check.Pass, evaluate func(facts.BrokenPath, facts.NodeReport) *check.Finding) ([]check.Finding, error) {
	_, broken, err := brokenPaths(p)
	if err != nil {
		return nil, err
	}
	return eachTarget(p, broken, func(paths []facts.BrokenPath, s facts.NodeReport) *check.Finding { return evaluate(paths[0], s) })
}

// eachTarget calls evaluate for each node to which paths are broken, with those paths and the node's report. If there is no finding, it
// returns the errors of nodes without a report.
func eachTarget(
	p *check.Pass, broken []facts.BrokenPath, evaluate func([]facts.BrokenPath, facts.NodeReport) *check.Finding,
) ([]check.Finding, error) {
	var fs []check.Finding
	var errs []error
	evaluated := 0
	for _, n := range facts.Targets(broken) {
		report, err := kubeletReport(p, n.Name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		evaluated++
		paths := slices.DeleteFunc(slices.Clone(broken), func(path facts.BrokenPath) bool { return path.To.Name != n.Name })
		if f := evaluate(paths, report); f != nil {
			f.Severity, f.Target = check.Error, nodeRef(n.Name)
			fs = append(fs, *f)
		}
	}
	if len(fs) > 0 {
		return limited(fs, "node"), nil
	}
	return nil, joinUnknown(errs, evaluated)
}

// KubeletListens finds kubelets that do not listen on their node's address.
var KubeletListens = &check.Check{
	Code: "TUN0402",
	Name: "kubelet-listens",
	Hop:  hopKubelet,
	Doc: `the kubelets listen on port 10250 of their nodes' addresses

The API server connects to port 10250 of the node's InternalIP.`,
	Sources: []string{"https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1"},
	After:   []*check.Check{UfwAllowsKubeletPort, FirewallAllowsKubeletPort, FirewallAllowsAgentEgress},
	Needs:   kubeletNeeds,
	Run: func(p *check.Pass) ([]check.Finding, error) {
		return eachKubelet(p, func(path facts.BrokenPath, s facts.NodeReport) *check.Finding {
			k := s.Report.Kubelet
			if !k.Listed {
				return nil
			}
			f := &check.Finding{Evidence: seenOn(path.To.Name, k.Listens, cmdline.Program("ss", "-ltn", "sport = :10250"))}
			switch {
			case len(k.Listens) == 0:
				f.Summary = fmt.Sprintf("nothing listens on port 10250 of node %s", path.To.Name)
				f.Cause = "its kubelet service is " + firstNonEmpty(k.Unit, "in an unknown state")
			case k.Elsewhere(path.To.IP.String()):
				f.Summary = fmt.Sprintf("the kubelet of node %s listens only on %s, not on the node's address %s",
					path.To.Name, strings.Join(k.Listens, ", "), path.To.IP)
				f.Cause = "its configuration sets another address; AKS sets 0.0.0.0"
			default:
				return nil
			}
			f.Fixes = onNode(path.To, "check the kubelet's configured address, and restart the kubelet",
				cmdline.Script("grep -rs address /var/lib/kubelet/config.yaml /etc/default/kubelet /etc/kubernetes | head; "+
					"systemctl restart kubelet"))
			return f
		})
	},
}

// KubeletHasServingCertificate finds kubelets that fail TLS handshakes because they have no certificate.
var KubeletHasServingCertificate = &check.Check{
	Code: "TUN0403",
	Name: "kubelet-has-serving-certificate",
	Hop:  hopKubelet,
	Doc: `the kubelets have a serving certificate

Without one, TLS handshakes fail with "remote error: tls: internal error". A kubelet that gets its certificate from the cluster
creates a CertificateSigningRequest, which must be approved.`,
	Sources: []string{"https://learn.microsoft.com/azure/aks/certificate-rotation"},
	After:   []*check.Check{KubeletListens},
	Needs:   kubeletNeeds,
	Run: func(p *check.Pass) ([]check.Finding, error) {
		fixes := func(node string) []check.Fix {
			return []check.Fix{
				fix("find the node's pending CertificateSigningRequest, and approve it",
					cmdline.Kubectl("get", "csr", "--field-selector", "spec.signerName=kubernetes.io/kubelet-serving")),
				fix("restart the kubelet, so that it requests a certificate again", noTunnel(node, restartKubelet())),
			}
		}
		cause := "it has no serving certificate: its CertificateSigningRequest may be pending"
		if attempts, err := facts.LogAttempts.Get(p); err == nil {
			for _, t := range attempts {
				for _, text := range t.Errors {
					if errtext.Explain(text).Class == errtext.NoServingCertificate {
						return []check.Finding{{
							Severity: check.Error, Target: nodeRef(t.Node), Cause: cause, Fixes: fixes(t.Node),
							Summary:  fmt.Sprintf("the kubelet of node %s cannot complete a TLS handshake: %s", t.Node, text),
							Evidence: []check.Evidence{{Source: t.Command(), Lines: []string{text}}},
						}}, nil
					}
				}
			}
		}
		return eachKubelet(p, func(path facts.BrokenPath, s facts.NodeReport) *check.Finding {
			k := s.Report.Kubelet
			if path.Worst() != nodecheck.TLSError || k.Own != nodecheck.TLSError {
				return nil
			}
			return &check.Finding{
				Summary: fmt.Sprintf("the kubelet of node %s cannot complete a TLS handshake: %s", path.To.Name, firstNonEmpty(k.Error, path.Error)),
				Cause:   cause, Fixes: fixes(path.To.Name),
				Evidence: seenOn(path.To.Name, nil, cmdline.Program("curl", "-sk", kubeletHealth(path.To))),
			}
		})
	},
}

// KubeletAnswers finds kubelets that accept connections and do not answer.
var KubeletAnswers = &check.Check{
	Code: "TUN0404",
	Name: "kubelet-answers",
	Hop:  hopKubelet,
	Doc: `the kubelets answer on their own node

The kernel accepts connections even for a kubelet that hangs.`,
	Sources: []string{"https://kubernetes.io/docs/reference/command-line-tools-reference/kubelet"},
	After:   []*check.Check{KubeletListens},
	Needs:   kubeletNeeds,
	Run: func(p *check.Pass) ([]check.Finding, error) {
		return eachKubelet(p, func(path facts.BrokenPath, s facts.NodeReport) *check.Finding {
			k := s.Report.Kubelet
			stopped := strings.HasPrefix(k.Process, "T")
			if !stopped && k.Local != nodecheck.Silent && k.Local != nodecheck.TimedOut {
				return nil
			}
			cause := "it hangs"
			if stopped {
				cause = "its process is stopped (SIGSTOP)"
			}
			return &check.Finding{
				Summary: fmt.Sprintf("the kubelet of node %s does not answer even on 127.0.0.1:10250: %s",
					path.To.Name, firstNonEmpty(k.Error, string(k.Local))),
				Cause: cause,
				Fixes: onNode(path.To, "restart the kubelet", restartKubelet()),
			}
		})
	},
}

func restartKubelet() cmdline.Command { return cmdline.Program("systemctl", "restart", "kubelet") }

// kubeletHealth is the URL of the health of the node's kubelet.
func kubeletHealth(n podhealth.Node) string { return fmt.Sprintf("https://%s:10250/healthz", n.IP) }
