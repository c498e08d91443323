package facts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/redact"
)

// DryRun is the result of a creation in a server-side dry run.
type DryRun struct {
	Kind      string `json:"kind"` // pods or configmaps
	Namespace string `json:"namespace,omitempty"`
	Error     string `json:"error,omitempty"`
	// TimedOut reports whether dryRunTimeout ended the request: Error names no webhook then.
	TimedOut bool `json:"timedOut,omitempty"`
	// Millis is how long it took, in milliseconds; zero: unknown, as in old bundles.
	Millis int64 `json:"millis,omitempty"`
}

// Late reports whether the dry run called the webhook and took so long that the webhook may have used up its time.
func (d DryRun) Late(w Webhook) bool {
	return w.DryRunKind == d.Kind && (d.TimedOut || d.Millis >= int64(w.Timeout)*1000)
}

// Command returns the command with which a user tries the same.
func (d DryRun) Command() cmdline.Command {
	if d.Kind == "pods" {
		return cmdline.Kubectl("run", "akstools-dry-run", "-n", d.Namespace, "--image=none", "--dry-run=server")
	}
	return cmdline.Kubectl("create", "configmap", "akstools-dry-run", "-n", d.Namespace, "--dry-run=server")
}

// dryRunTimeout limits a dry run. One webhook may take up to 30 s, and mutating webhooks are called one after another.
const dryRunTimeout = 15 * time.Second

// DryRuns are server-side dry runs of creations for which webhooks are called.
var DryRuns = &Fact[[]DryRun]{
	Name:   "webhook-dry-runs",
	Needs:  []check.Need{Webhooks},
	Create: []rbacv1.PolicyRule{fact.Rule("", "configmaps", "create"), fact.Rule("", "pods", "create")},
	Gather: func(ctx context.Context, e *Env) ([]DryRun, []check.Evidence, error) {
		webhooks, err := Webhooks.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		list := []DryRun{}
		for _, kind := range dryRunKinds {
			if !slices.ContainsFunc(webhooks, func(w Webhook) bool { return w.DryRunKind == kind && w.Endpoints > 0 }) {
				continue
			}
			d, err := dryRun(ctx, e, kind)
			if err != nil {
				return list, nil, err
			}
			list = append(list, d)
		}
		return list, nil, nil
	},
}

// dryRun sends one dry run. It returns an error if the user lacks the permission, or if it could not be sent.
func dryRun(ctx context.Context, e *Env, kind string) (DryRun, error) {
	namespace := e.Clients.Namespace
	d := DryRun{Kind: kind, Namespace: namespace}
	o := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	meta := metav1.ObjectMeta{Namespace: namespace, GenerateName: "akstools-dry-run-"}
	start := time.Now()
	err := attemptRequest(ctx, dryRunTimeout, func(ctx context.Context) (err error) {
		if kind == "pods" {
			spec := corev1.PodSpec{Containers: []corev1.Container{{Name: "none", Image: "none"}}}
			_, err = e.Clients.CoreV1().Pods(namespace).Create(ctx, &corev1.Pod{ObjectMeta: meta, Spec: spec}, o)
		} else {
			_, err = e.Clients.CoreV1().ConfigMaps(namespace).Create(ctx, &corev1.ConfigMap{ObjectMeta: meta}, o)
		}
		return err
	})
	d.Millis = time.Since(start).Milliseconds()
	if denied := denial(err); denied != nil {
		return d, denied
	}
	switch {
	case err == nil:
	case errors.Is(err, errNotTried), apierrors.IsTooManyRequests(err):
		return d, fmt.Errorf("dry run of %s: %w", kind, err)
	case errors.Is(err, errNoAnswer):
		d.TimedOut, d.Error = true, fmt.Sprintf("no answer within %s", dryRunTimeout)
	default:
		d.Error = redact.Message(err.Error())
	}
	return d, nil
}
