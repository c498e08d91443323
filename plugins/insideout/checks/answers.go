package checks

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// podChecks and appChecks are the checks of one hop that the checks of the next come after.
var (
	podChecks = []*check.Check{PodsAreReady} // the last of its hop
	appChecks = []*check.Check{
		AppListens, AppListensOnPodAddress, PodAddressIsReached, AppAnswers, AppSpeaksExpectedProtocol, AppAnswersWithoutError,
	}
)

// probed returns what the fact found out by connecting. ok is false if that failed, and if no connection was made: the check
// is then skipped.
func probed[T interface{ NotProbed() string }](p *check.Pass, of *facts.Fact[T]) (found T, ok bool, err error) {
	found, err = of.Get(p)
	if err != nil {
		return found, false, err
	}
	if why := found.NotProbed(); why != "" {
		p.Skip("not probed: %s", why)
		return found, false, nil
	}
	return found, true, nil
}

// appAnswers returns what the app answered. ok is false if there is nothing to evaluate: the check is then skipped.
func appAnswers(p *check.Pass) (facts.AppAnswers, bool, error) {
	answers, ok, err := probed(p, facts.Answers)
	if err != nil || !ok {
		return answers, false, err
	}
	if len(answers.Items) == 0 {
		p.Skip("the Service has no endpoint to connect to")
		return answers, false, nil
	}
	for _, a := range answers.Items {
		if a.Service.Protocol == "TCP" || a.Connect != "" {
			return answers, true, nil
		}
	}
	p.Skip("a %s port that does not answer proves nothing, unless its name or appProtocol is DNS", answers.Items[0].Service.Protocol)
	return answers, false, nil
}

// answerFindings returns a finding for each port of the Service with bad answers: an error if all pods answer badly on it,
// else a warning. describe gives the summary and cause for the first bad answer.
func answerFindings(
	p *check.Pass, bad func(facts.AppAnswer) bool, describe func(facts.AppAnswer, facts.AppAnswers) check.Finding,
) ([]check.Finding, error) {
	answers, ok, err := appAnswers(p)
	if err != nil || !ok {
		return nil, err
	}
	var fs []check.Finding
	for _, port := range ports(answers) {
		var first *facts.AppAnswer
		count, total := 0, 0
		for i, a := range answers.Items {
			if a.Service != port {
				continue
			}
			total++
			if (port.Protocol == "TCP" || a.Connect != "") && bad(a) {
				count++
				if first == nil {
					first = &answers.Items[i]
				}
			}
		}
		if first == nil {
			continue
		}
		f := describe(*first, answers)
		f.Severity = check.Error
		if count < total {
			f.Severity = check.Warning
		}
		if total > 1 {
			f.Summary += fmt.Sprintf(" (%d of %d tried)", count, total)
		}
		if f.Target.Name == "" {
			f.Target = answerTarget(p, *first)
		}
		fs = append(fs, f)
	}
	return fs, nil
}

// protocolFindings is answerFindings for what the app speaks, which is known only if a connection was established.
func protocolFindings(
	p *check.Pass, bad func(facts.AppAnswer) bool, describe func(facts.AppAnswer, facts.AppAnswers) check.Finding,
) ([]check.Finding, error) {
	answers, ok, err := appAnswers(p)
	if err != nil || !ok {
		return nil, err
	}
	if !slices.ContainsFunc(answers.Items, func(a facts.AppAnswer) bool { return a.Connect == endpoints.Connected }) {
		p.Skip("no connection was established, so no request was sent")
		return nil, nil
	}
	if answers.TunnelError != "" && slices.ContainsFunc(answers.Items, needsTLS) {
		return nil, fmt.Errorf("TLS cannot be tried without the tunnel: %s", answers.TunnelError)
	}
	return answerFindings(p, bad, describe)
}

// needsTLS reports whether only a connection over TLS shows what the app speaks. A TLS server may answer plain HTTP with anything.
func needsTLS(a facts.AppAnswer) bool {
	if a.Connect != endpoints.Connected || !a.Expected.Declared {
		return false
	}
	plain := a.Spoken == endpoints.HTTP && a.Status != 400
	return a.Expected.Protocol == endpoints.HTTPS || a.Expected.Protocol == endpoints.HTTP && !plain
}

// ports returns the Service's ports that the answers are for.
func ports(answers facts.AppAnswers) []endpoints.Port {
	var list []endpoints.Port
	seen := map[endpoints.Port]bool{}
	for _, a := range answers.Items {
		if !seen[a.Service] {
			seen[a.Service] = true
			list = append(list, a.Service)
		}
	}
	return list
}

func answerTarget(p *check.Pass, a facts.AppAnswer) check.Ref {
	s, _ := facts.Service.Get(p) // known, since there are answers
	if a.Pod == "" {
		return check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name}
	}
	return check.Ref{Kind: "pod", Namespace: s.Namespace, Name: a.Pod}
}

// location names the pod and address that were tried.
func location(a facts.AppAnswer) string {
	at := fmt.Sprintf("%s:%d", a.Host, a.Port)
	if strings.Contains(a.Host, ":") {
		at = fmt.Sprintf("[%s]:%d", a.Host, a.Port)
	}
	if a.Pod == "" {
		return "address " + at
	}
	return fmt.Sprintf("pod %s at %s", a.Pod, at)
}

// wrongTargetPort reports whether the Service targets the wrong port: the containers do not declare it, and another port that
// they declare or probe accepts connections.
func wrongTargetPort(a facts.AppAnswer) bool {
	return a.Service.Protocol == "TCP" && !a.Declared && !a.OtherProtocol && len(a.Others) > 0
}

// nothingListens reports whether nothing accepts connections on the port inside the pod, as far as is known.
func nothingListens(a facts.AppAnswer) bool {
	return a.Port != 0 && a.Connect == endpoints.Refused && a.Loopback != endpoints.Connected
}

// requestCommand is the command that shows the same answer.
func requestCommand(a facts.AppAnswer, namespace string) cmdline.Command {
	if a.Service.Protocol == "UDP" {
		return cmdline.InPod(namespace, cmdline.Program(
			"nslookup", "-type=a", "kubernetes.default.svc.cluster.local.", net.JoinHostPort(a.Host, strconv.Itoa(int(a.Port)))))
	}
	scheme := "http"
	if a.Expected.Protocol == endpoints.HTTPS {
		scheme = "https"
	}
	argv := []string{"-T", "5", "-O-", "--no-check-certificate"}
	if a.RequestHost != "" {
		argv = append(argv, "--header", "Host: "+a.RequestHost)
	}
	argv = append(argv, fmt.Sprintf("%s://%s%s", scheme, net.JoinHostPort(a.Host, strconv.Itoa(int(a.Port))), cmp.Or(a.RequestPath, "/")))
	return cmdline.InPod(namespace, cmdline.Program("wget", argv...))
}
