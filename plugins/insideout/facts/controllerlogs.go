package facts

import (
	"context"
	"io"
	"strings"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
)

// ControllerLog holds which of this program's requests are in the logs of the controllers' pods. No line is kept.
type ControllerLog struct {
	// Requests reports whether a request from inside the cluster was found, which shows that the log holds requests at all.
	Requests bool     `json:"requests,omitempty"`
	Tags     []string `json:"tags"` // of the requests that were found
	// Partial reports whether only a part of the logs was read.
	Partial bool     `json:"partly,omitempty"`
	Pods    []string `json:"pods,omitempty"`
}

const (
	maxControllers = 3
	maxLog         = 1 << 20 // bytes of one pod's log
	logSeconds     = 60
)

// ControllerLogs looks for the requests from here if some of them got another answer than inside the cluster. A request that
// is not in the log was lost before the controller.
var ControllerLogs = &Fact[ControllerLog]{
	Name:   "controller-logs",
	Needs:  []check.Need{Controllers, FromIngresses, IngressesFromHere},
	Access: []rbacv1.PolicyRule{fact.Rule("", "pods", "list"), fact.Rule("", "pods/log", "get")},
	Gather: func(ctx context.Context, e *Env) (ControllerLog, []check.Evidence, error) {
		found := ControllerLog{Tags: []string{}}
		answers, err := IngressesFromHere.From(ctx, e)
		if err != nil {
			return found, nil, err
		}
		inside, err := FromIngresses.From(ctx, e)
		if err != nil {
			return found, nil, err
		}
		served, err := Controllers.From(ctx, e)
		if err != nil {
			return found, nil, err
		}
		var seen []check.Evidence
		read := map[string]bool{}
		for _, a := range answers.Items {
			ingressAddress := served.Address(a.Address)
			if a.OK() || ingressAddress.Service == nil || ingressAddress.Selector == "" || read[ingressAddress.Selector] {
				continue
			}
			read[ingressAddress.Selector] = true
			namespace := ingressAddress.Service.Namespace
			seen = append(seen, check.Evidence{Source: cmdline.Kubectl(
				"logs", "-n", namespace, "-l", ingressAddress.Selector, "--since=1m", "--tail=-1",
			)})
			o := metav1.ListOptions{LabelSelector: ingressAddress.Selector, Limit: maxControllers}
			pods, err := e.Clients.CoreV1().Pods(namespace).List(ctx, o)
			if err != nil {
				return found, seen, err
			}
			found.Partial = found.Partial || pods.Continue != ""
			for i := range pods.Items {
				text, err := recentLog(ctx, e, &pods.Items[i])
				if err != nil {
					return found, seen, err
				}
				found.Partial = found.Partial || len(text) >= maxLog
				found.search(pods.Items[i].Name, text, answers, inside)
			}
		}
		return found, seen, nil
	},
}

func (l *ControllerLog) search(pod, text string, answers IngressFromHere, inside IngressAnswers) {
	l.Pods = append(l.Pods, pod)
	for _, a := range answers.Items {
		if strings.Contains(text, a.Tag) {
			l.Tags = append(l.Tags, a.Tag)
		}
	}
	for _, a := range inside.Items {
		l.Requests = l.Requests || strings.Contains(text, a.Tag)
	}
}

// recentLog returns what the pod logged since a little before the first request of this run.
func recentLog(ctx context.Context, e *Env, pod *corev1.Pod) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, logTimeout)
	defer cancel()
	container := ""
	if len(pod.Spec.Containers) > 0 {
		container = pod.Spec.Containers[0].Name
	}
	stream, err := e.Clients.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, &corev1.PodLogOptions{
		Container: container, SinceSeconds: ptr.To[int64](logSeconds), LimitBytes: ptr.To[int64](maxLog),
	}).Stream(ctx)
	if err != nil {
		return "", err
	}
	defer stream.Close()
	text, err := io.ReadAll(io.LimitReader(stream, maxLog))
	return string(text), err
}
