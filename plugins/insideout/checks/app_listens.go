package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// AppListens finds Ready pods in which nothing listens on the target port.
var AppListens = &check.Check{
	Code: "INS0201",
	Name: "app-listens",
	Hop:  hopApp,
	Doc: `something listens on the target port

A connection to the port is refused both at the pod's address and, through port-forward, inside the pod: no process listens
there. Declaring a port in the container opens nothing. A UDP port gets one DNS query: the ICMP message "port unreachable"
shows that nothing listens, and silence proves nothing.`,
	Sources: []string{"https://kubernetes.io/docs/tutorials/services/connect-applications-service/"},
	After:   podChecks,
	Needs:   []check.Need{facts.Service, facts.Answers},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		bad := func(a facts.AppAnswer) bool { return nothingListens(a) && !wrongTargetPort(a) && !a.OtherProtocol }
		answers, ok, err := appAnswers(p)
		if err != nil || !ok {
			return nil, err
		}
		s, err := facts.Service.Get(p)
		if err != nil {
			return nil, err
		}
		for _, a := range answers.Items {
			if bad(a) && a.LoopbackError != "" {
				return nil, fmt.Errorf("%s refuses connections; whether something listens on 127.0.0.1 inside the pod is unknown: %s",
					location(a), a.LoopbackError)
			}
		}
		fs, err := answerFindings(p, bad,
			func(a facts.AppAnswer, _ facts.AppAnswers) check.Finding {
				f := check.Finding{Summary: fmt.Sprintf("%s refuses connections: nothing listens on port %d", location(a), a.Port)}
				switch {
				case a.Service.Protocol == "UDP":
					return datagramRefused(p, a)
				case a.Pod == "":
					f.Cause = "the EndpointSlice was created by hand, and its address does not serve this port"
					f.Fixes = []check.Fix{fix("correct the EndpointSlice's address or port", getSlices(s, "-o", "yaml"))}
					return f
				case a.Declared:
					f.Cause = "the container declares the port, but its program does not open it"
				default:
					f.Cause = "the program does not open the Service's target port, and no other open port of it is known"
				}
				if a.Loopback == endpoints.Refused {
					f.Cause += "; inside the pod localhost refuses connections too (if the program listens on ::1 only, port-forward may not show it)"
				}
				f.Fixes = []check.Fix{fix("make the program listen on this port, or correct targetPort",
					cmdline.Kubectl("logs", a.Pod, "-n", s.Namespace, "--tail=50"),
					cmdline.Kubectl("port-forward", "pod/"+a.Pod, "-n", s.Namespace, fmt.Sprintf(":%d", a.Port)),
				)}
				return f
			})
		return append(fs, coverage(s, answers)...), err
	},
}

// coverage returns findings for what was not tried, and if the tunnel was not used.
func coverage(s facts.ServiceInfo, answers facts.AppAnswers) (fs []check.Finding) {
	service := check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name}
	if answers.Refused != "" {
		fs = append(fs, check.Finding{
			Severity: check.Info, Target: service,
			Summary: fmt.Sprintf("the test pod ran in namespace %s, because namespace %s does not admit it: %s", answers.Place, s.Namespace,
				answers.Refused),
			Cause: "what NetworkPolicies decide about clients was evaluated for pods of that namespace",
		})
	}
	if answers.Tried < answers.Total {
		fs = append(fs, check.Finding{
			Severity: check.Info, Target: service,
			Summary: fmt.Sprintf("only %d of %d pods or addresses were tried", answers.Tried, answers.Total),
			Cause:   "the number of connections is limited",
		})
	}
	if answers.TunnelError != "" {
		fs = append(fs, check.Finding{
			Severity: check.Info, Target: service,
			Summary: "the API server cannot reach the test pod, which reported by its termination message instead", Cause: answers.TunnelError,
			Fixes: []check.Fix{fix("find out why logs, exec and port-forward fail", cmdline.Kubectl("tunneldoctor"))},
		})
	}
	return fs
}

// datagramRefused is the finding for a UDP port. Whether the program listens on 127.0.0.1 is unknown: port-forward supports
// only TCP.
func datagramRefused(p *check.Pass, a facts.AppAnswer) check.Finding {
	s, _ := facts.Service.Get(p)
	whose := "pod " + a.Pod
	if a.Pod == "" {
		whose = "address " + a.Host
	}
	f := check.Finding{
		Summary: fmt.Sprintf("%s refuses datagrams: nothing listens on UDP port %d", whose, a.Port),
		Cause:   "the program does not open the port, or only on 127.0.0.1",
		Fixes:   []check.Fix{fix("make the program listen on this UDP port, or correct targetPort", requestCommand(a, s.Namespace))},
	}
	if len(a.Others) > 0 {
		f.Cause += "; the TCP port of the same number accepts connections"
	}
	if a.Pod == "" {
		f.Cause = "the EndpointSlice was created by hand, and its address does not serve this port"
	} else {
		f.Fixes[0].Commands = append(f.Fixes[0].Commands, cmdline.Kubectl("logs", a.Pod, "-n", s.Namespace, "--tail=50"))
	}
	return f
}
