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
	"github.com/akstools/akstools/internal/fact"
)

// ControllerLog is which of the requests that this program sent are in the logs of the controllers' pods. No line is kept.
type ControllerLog struct {
	// Requests says that a request which came through inside the cluster is there, so that the log holds requests at all.
	Requests bool     `json:"requests,omitempty"`
	Tags     []string `json:"tags"` // of those that are there
	// Partial says that not all of the logs was read.
	Partial bool     `json:"partly,omitempty"`
	Pods    []string `json:"pods,omitempty"`
}

const (
	maxControllers = 3
	maxLog         = 1 << 20 // bytes of one pod's log
	logSeconds     = 60
)

// ControllerLogs look for the requests from here, where some of them were not answered as inside the cluster: one that the
// controller never saw was lost before it.
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
			entrance := served.Address(a.Address)
			if a.OK() || entrance.Service == nil || entrance.Selector == "" || read[entrance.Selector] {
				continue
			}
			read[entrance.Selector] = true
			namespace := entrance.Service.Namespace
			seen = append(seen, check.Evidence{Source: []string{"kubectl", "logs", "-n", namespace, "-l", entrance.Selector, "--since=1m", "--tail=-1"}})
			pods, err := e.Clients.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: entrance.Selector, Limit: maxControllers})
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

// recentLog is what the pod logged since a little before this run began to ask.
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
