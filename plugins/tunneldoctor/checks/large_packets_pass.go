package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// LargePacketsPass finds paths that lose large packets.
var LargePacketsPass = &check.Check{
	Code: "TUN0602",
	Name: "large-packets-pass",
	Hop:  hopNetwork,
	Doc: `full-size packets pass between the agents and every node

If connections are established and TLS handshakes get no answer, although the kubelet answers on its own node, large packets are
lost: the MTU of the path is smaller than the nodes expect.`,
	Sources: []string{"https://www.rfc-editor.org/rfc/rfc2923#section-2.1"},
	After:   []*check.Check{KubeletListens, KubeletHasServingCertificate, KubeletAnswers},
	Needs:   append([]check.Need{facts.ExecAttempts}, kubeletNeeds...),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		fs, err := lostBetweenNodes(p, silent, func(paths []facts.BrokenPath, _ facts.NodeReport) check.Finding {
			path := paths[0]
			return check.Finding{
				Summary: fmt.Sprintf("%s connects to %s:10250 of node %s and gets no answer; %s",
					clientOf(path.From), path.To.IP, path.To.Name, patternText(p, paths)),
				Cause: "its kubelet answers on its own node: small packets pass, but large ones, such as its certificate, are lost on the path",
				Fixes: []check.Fix{fix("test the path's MTU (1472 bytes plus 28 of headers make Azure's 1500)",
					noTunnel(path.From.Node, cmdline.Program("ping", "-M", "do", "-c", "2", "-s", "1472", path.To.IP.String())),
					noTunnel(path.From.Node, cmdline.Program("ip", "link", "show")))},
			}
		})
		if err != nil || len(fs) > 0 {
			return fs, err
		}
		return largerThanNodes(p), nil
	},
}

// silent reports whether the kubelet accepts connections of the path and then sends nothing.
func silent(path facts.BrokenPath) bool { return path.Worst() == nodecheck.Silent }

func notSilent(path facts.BrokenPath) bool { return !silent(path) }
