package facts

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/internal/redact"
)

// MetricsServerInfo is the state of metrics-server.
type MetricsServerInfo struct {
	At   time.Time       `json:"at,omitzero"` // when the pods were listed, by this computer's clock
	Pods []podhealth.Pod `json:"pods"`
	// Pod is one that is not Ready, and Lines are the last lines of its log, without secrets; empty: there is none. LogError is why they
	// could not be read.
	Pod      string   `json:"pod,omitempty"`
	Lines    []string `json:"lines,omitempty"`
	LogError string   `json:"logError,omitempty"`
}

// metricsSelector selects metrics-server's pods, as AKS and metrics-server's own manifests label them.
const metricsSelector = "k8s-app=metrics-server"

const (
	metricsLogLines   = 20
	metricsLogBytes   = 16 << 10
	metricsLogTimeout = 5 * time.Second // logs come through the tunnel
)

// MetricsServer is the state of metrics-server, with the last lines of the log of a pod that is not Ready.
var MetricsServer = &Fact[MetricsServerInfo]{
	Name: "metrics-server",
	AccessIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceSystem: {
		fact.Rule("", "pods", "list"), fact.Rule("", "pods/log", "get"),
	}},
	Gather: func(ctx context.Context, e *Env) (MetricsServerInfo, []check.Evidence, error) {
		info := MetricsServerInfo{At: time.Now().UTC().Truncate(time.Second), Pods: []podhealth.Pod{}}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "pods", "-n", metav1.NamespaceSystem, "-l", metricsSelector, "-o", "wide")}}
		err := cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return e.Clients.CoreV1().Pods(metav1.NamespaceSystem).List(ctx, o)
		}, metricsSelector, func(object runtime.Object) {
			if p, ok := object.(*corev1.Pod); ok {
				info.Pods = append(info.Pods, cluster.PodOf(p))
			}
		})
		unready := podhealth.NotReady(info.Pods)
		if err != nil || len(unready) == 0 {
			return info, seen, err
		}
		pod := unready[0]
		info.Pod = pod.Name
		previous := len(pod.Containers) > 0 && pod.Containers[0].State.Phase == podhealth.Waiting &&
			pod.Containers[0].Last.Phase == podhealth.Terminated
		info.Lines, err = logEnd(ctx, e, pod.Name, previous)
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			info.LogError = "no answer within " + metricsLogTimeout.String()
		case err != nil:
			info.LogError = redact.Message(kube.NameDenied(err).Error())
		}
		return info, seen, nil
	},
}

// logEnd returns the last lines of the log of a pod in kube-system, without secrets.
func logEnd(ctx context.Context, e *Env, pod string, previous bool) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, metricsLogTimeout)
	defer cancel()
	stream, err := e.Clients.CoreV1().Pods(metav1.NamespaceSystem).GetLogs(pod, &corev1.PodLogOptions{
		Previous: previous, TailLines: ptr.To[int64](metricsLogLines), LimitBytes: ptr.To[int64](metricsLogBytes),
	}).Stream(ctx)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	text, err := io.ReadAll(io.LimitReader(stream, metricsLogBytes))
	var lines []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" && len(lines) < metricsLogLines {
			lines = append(lines, redact.Secrets(redact.Line(line)))
		}
	}
	return lines, err
}
