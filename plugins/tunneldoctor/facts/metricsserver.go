package facts

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
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
	// Policies are NetworkPolicies that together keep Pod from the kubelets, or from the API server if FromAPI; nil: none do, or it is
	// unknown.
	Policies []string `json:"policies,omitempty"`
	FromAPI  bool     `json:"fromAPI,omitempty"`
	// Unreviewing is the service account of pods that are Ready and may not ask the API server who may read metrics; empty: there is none,
	// or this user's own requests show it, since they are reviewed.
	Unreviewing string `json:"unreviewing,omitempty"`
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
	Name:   "metrics-server",
	Needs:  []check.Need{ClusterNodes},
	Access: []rbacv1.PolicyRule{fact.Rule("discovery.k8s.io", "endpointslices", "list")},
	AccessIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceSystem: {
		fact.Rule("", "pods", "list"), fact.Rule("", "pods/log", "get"), fact.Rule("networking.k8s.io", "networkpolicies", "list"),
	}},
	Gather: func(ctx context.Context, e *Env) (MetricsServerInfo, []check.Evidence, error) {
		var ready, unready *corev1.Pod
		info := MetricsServerInfo{At: time.Now().UTC().Truncate(time.Second), Pods: []podhealth.Pod{}}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "pods", "-n", metav1.NamespaceSystem, "-l", metricsSelector, "-o", "wide")}}
		err := cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return e.Clients.CoreV1().Pods(metav1.NamespaceSystem).List(ctx, o)
		}, metricsSelector, func(object runtime.Object) {
			if p, ok := object.(*corev1.Pod); ok {
				pod := cluster.PodOf(p)
				info.Pods = append(info.Pods, pod)
				if pod.Ready() {
					ready = p
				} else if unready == nil && pod.Alive() {
					unready = p
				}
			}
		})
		if ready != nil {
			info.Unreviewing = unreviewing(ctx, e, ready.Spec.ServiceAccountName)
		}
		if err != nil || unready == nil {
			return info, seen, err
		}
		pod := cluster.PodOf(unready)
		info.Pod = pod.Name
		info.Policies, info.FromAPI = barred(ctx, e, unready)
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

// unreviewing returns the service account if it may not create SubjectAccessReviews, by which metrics-server decides on all requests but
// those of the group system:masters (https://kubernetes.io/docs/reference/access-authn-authz/authorization). Users of that group may
// ask; for all others, and where it is unknown, it is empty.
func unreviewing(ctx context.Context, e *Env, account string) string {
	self, err := e.Clients.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil || !slices.Contains(self.Status.UserInfo.Groups, "system:masters") {
		return ""
	}
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User:   "system:serviceaccount:kube-system:" + account,
		Groups: []string{"system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"},
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Verb: "create", Group: authorizationv1.GroupName, Resource: "subjectaccessreviews",
		},
	}}
	answer, err := e.Clients.AuthorizationV1().SubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
	if err != nil || answer.Status.Allowed || answer.Status.EvaluationError != "" {
		return ""
	}
	return account
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
