package testpod

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/dial"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/jobpod"
)

//go:embed once.sh
var onceScript string

// MaxOnce is the maximum number of requests whose answers one pod can report.
const MaxOnce = 20

// DoOnce sends the requests, of which there must be one at least, from a new pod, which reports by its termination message:
// unlike Do, it does not need the tunnel. TLS is not supported: for HTTPS it only connects. The first request's Timeout applies
// to all. The pod is removed before DoOnce returns.
func DoOnce(ctx context.Context, maker *jobpod.Maker, o Options, requests []Request) ([]endpoints.Answer, error) {
	if len(requests) > MaxOnce {
		return nil, fmt.Errorf("%d requests are more than the limit of %d per pod", len(requests), MaxOnce)
	}
	limit := requests[0].Timeout
	args, err := onceArgs(requests, limit)
	if err != nil {
		return nil, err
	}
	message, err := runOnce(ctx, maker, o, 3*limit, append([]string{"sh", "-c", onceScript, "once"}, args...))
	if err != nil {
		return nil, err
	}
	return parseAnswers(message, requests)
}

func onceArgs(requests []Request, limit time.Duration) ([]string, error) {
	args := []string{seconds(limit)}
	for _, r := range requests {
		host, port, err := net.SplitHostPort(r.Address)
		if err != nil {
			return nil, err
		}
		name, path := "", ""
		if r.Protocol == endpoints.HTTP {
			name, path = r.Host, cmp.Or(r.Path, "/")
		}
		args = append(args, host, port, name, path)
	}
	return args, nil
}

// runOnce runs the command in a new pod, removes the pod and returns its termination message. limit is the command's maximum
// duration.
func runOnce(ctx context.Context, maker *jobpod.Maker, o Options, limit time.Duration, command []string) (string, error) {
	node, err := chooseNode(ctx, maker.Clients, o.Node)
	if err != nil {
		return "", err
	}
	o.Node = node.Name
	pulled := o.chooseImage(node, true)
	j := job(o, node)
	life := startLimit + limit
	j.Spec.ActiveDeadlineSeconds = ptr.To(int64(life.Seconds()))
	j.Spec.Template.Spec.Containers[0].Command = command
	pod, object, err := maker.Start(ctx, j, life, finished, leftover)
	if err != nil && pulled {
		err = withImageHint(err, o)
	}
	if err != nil {
		return "", err
	}
	maker.Remove(ctx, pod, leftover)
	return terminationMessage(object), nil
}

// finished reports whether the pod has reported everything.
func finished(p *corev1.Pod) (bool, error) {
	if err := jobpod.StartTrouble(p); err != nil {
		return false, err
	}
	return terminationMessage(p) != "" || p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed, nil
}

func terminationMessage(p *corev1.Pod) string {
	for _, s := range p.Status.ContainerStatuses {
		if t := s.State.Terminated; t != nil {
			return t.Message
		}
	}
	return ""
}

// parseAnswers parses a script's output: the answer to each request. It comes from a pod and is untrusted.
func parseAnswers(message string, requests []Request) ([]endpoints.Answer, error) {
	answers := make([]endpoints.Answer, len(requests))
	whole := false
	for line := range strings.Lines(message) {
		line = strings.TrimSpace(line)
		if line == "end" {
			whole = true
			continue
		}
		index, rest, _ := strings.Cut(line, " ")
		i, err := strconv.Atoi(index)
		if err != nil || i < 0 || i >= len(requests) {
			return nil, fmt.Errorf("parsing the test pod's output: unexpected line %.80q", line)
		}
		kind, text, _ := strings.Cut(rest, " ")
		switch kind {
		case "C":
			answers[i] = parseAnswer(text, requests[i])
		case "F":
			if answers[i].Connect == "" { // otherwise the connection was established, and lost later
				answers[i] = endpoints.Answer{Connect: Outcome(dial.RemoteError(requests[i].Address, text))}
			}
		}
	}
	for i, a := range answers {
		if a.Connect == "" || !whole {
			return nil, fmt.Errorf("the test pod did not report the result of connecting to %s", requests[i].Address)
		}
	}
	return answers, nil
}

// parseAnswer parses the first line of the response to an established connection, as once.sh reports it.
func parseAnswer(line string, r Request) endpoints.Answer {
	a := endpoints.Answer{Connect: endpoints.Connected}
	if r.Protocol != endpoints.HTTP {
		return a
	}
	line, closed := strings.CutSuffix(line, "@")
	version, rest, _ := strings.Cut(line, " ")
	status, err := strconv.Atoi(strings.TrimSpace(rest[:min(3, len(rest))]))
	switch {
	case strings.HasPrefix(version, "HTTP/") && err == nil && status >= 100 && status < 600:
		a.Spoken, a.Status = endpoints.HTTP, status
	case line != "":
		a.Spoken = endpoints.Other
	case closed:
		a.Spoken = endpoints.Closed
	default:
		a.Spoken = endpoints.Nothing
	}
	return a
}
