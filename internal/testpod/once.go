package testpod

import (
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
	"github.com/akstools/akstools/internal/jobpod"
)

//go:embed once.sh
var onceScript string

// MaxOnce bounds how many questions one pod can tell the answers of.
const MaxOnce = 20

// AskOnce asks from a pod of its own, which tells by its termination message: nothing of that needs the tunnel, as Ask does. TLS
// is not spoken: of a question that wants it only the connection is known. All questions have the first one's Timeout. The pod is
// removed before AskOnce returns.
func AskOnce(ctx context.Context, maker *jobpod.Maker, o Options, questions []Question) ([]Answer, error) {
	if len(questions) > MaxOnce {
		return nil, fmt.Errorf("%d questions are too many for one pod", len(questions))
	}
	limit := questions[0].Timeout
	args, err := onceArgs(questions, limit)
	if err != nil {
		return nil, err
	}
	message, err := runOnce(ctx, maker, o, 3*limit, append([]string{"sh", "-c", onceScript, "once"}, args...))
	if err != nil {
		return nil, err
	}
	return parseAnswers(message, questions)
}

func onceArgs(questions []Question, limit time.Duration) ([]string, error) {
	args := []string{seconds(limit)}
	for _, q := range questions {
		host, port, err := net.SplitHostPort(q.Address)
		if err != nil {
			return nil, err
		}
		name, path := "", ""
		if q.Speak == HTTP {
			name, path = q.Host, "/"
			if q.Path != "" {
				path = q.Path
			}
		}
		args = append(args, host, port, name, path)
	}
	return args, nil
}

// runOnce runs the command, which takes that long at most, in a pod of its own and returns the termination message.
func runOnce(ctx context.Context, maker *jobpod.Maker, o Options, takes time.Duration, command []string) (string, error) {
	node, err := chooseNode(ctx, maker.Clients, o.Node)
	if err != nil {
		return "", err
	}
	o.Node = node.Name
	if o.Image == "" {
		o.Image = toolImage(node, "busybox", "alpine") // whose nc runs a program on the connection
	}
	j := job(o, node)
	life := startLimit + takes
	j.Spec.ActiveDeadlineSeconds = ptr.To(int64(life.Seconds()))
	j.Spec.Template.Spec.Containers[0].Command = command
	pod, object, err := maker.Start(ctx, j, life, ended, leftover)
	if err != nil {
		return "", err
	}
	maker.Remove(ctx, pod, leftover)
	return said(object), nil
}

// ended is the condition of a pod that has told all.
func ended(p *corev1.Pod) (bool, error) {
	if err := jobpod.StartTrouble(p); err != nil {
		return false, err
	}
	return said(p) != "" || p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed, nil
}

func said(p *corev1.Pod) string {
	for _, s := range p.Status.ContainerStatuses {
		if t := s.State.Terminated; t != nil {
			return t.Message
		}
	}
	return ""
}

// parseAnswers reads what a script tells. It comes from a pod and is not trusted.
func parseAnswers(message string, questions []Question) ([]Answer, error) {
	answers := make([]Answer, len(questions))
	whole := false
	for line := range strings.Lines(message) {
		line = strings.TrimSpace(line)
		if line == "end" {
			whole = true
			continue
		}
		index, rest, _ := strings.Cut(line, " ")
		i, err := strconv.Atoi(index)
		if err != nil || i < 0 || i >= len(questions) {
			return nil, fmt.Errorf("the test pod's message is not understood: %.80q", line)
		}
		kind, text, _ := strings.Cut(rest, " ")
		switch kind {
		case "C":
			answers[i] = spoken(text, questions[i])
		case "F":
			if answers[i].Connect == "" { // else the connection came about, and was lost
				answers[i] = Answer{Connect: Outcome(dial.RemoteError(questions[i].Address, text))}
			}
		}
	}
	for i, a := range answers {
		if a.Connect == "" || !whole {
			return nil, fmt.Errorf("the test pod did not tell what became of a connection to %s", questions[i].Address)
		}
	}
	return answers, nil
}

// spoken is what the first line of an answer tells.
func spoken(line string, q Question) Answer {
	a := Answer{Connect: Connected}
	if q.Speak != HTTP {
		return a
	}
	line, closed := strings.CutSuffix(line, "@")
	version, rest, _ := strings.Cut(line, " ")
	status, err := strconv.Atoi(strings.TrimSpace(rest[:min(3, len(rest))]))
	switch {
	case strings.HasPrefix(version, "HTTP/") && err == nil && status >= 100 && status < 600:
		a.Spoken, a.Status = HTTP, status
	case line != "":
		a.Spoken = Other
	case closed:
		a.Spoken = Closed
	default:
		a.Spoken = Nothing
	}
	return a
}
