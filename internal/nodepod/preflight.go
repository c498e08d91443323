package nodepod

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/kube"
)

// enforceLabel is the namespace label by which Pod Security Admission rejects pods
// (https://kubernetes.io/docs/concepts/security/pod-security-admission).
const enforceLabel = "pod-security.kubernetes.io/enforce"

// Rights returns the permissions needed to create, use and remove a node pod in the namespace. exec is false for a pod that is used
// only through its termination messages.
func Rights(namespace string, exec bool) []kube.Right {
	rights := jobpod.Rights(namespace)
	if exec {
		rights = append(rights, jobpod.ExecRights(namespace, "exec", "attach")...)
	}
	return rights
}

// Rules returns the RBAC rules for a node pod that is used only through its termination messages.
func Rules() []rbacv1.PolicyRule {
	return kube.Rules(append(Rights("", false), jobpod.OptionalRights("")...))
}

// ConnectRights returns the permissions that connecting to the pod's own ports needs in addition to Rights.
func ConnectRights(namespace string) []kube.Right { return jobpod.ExecRights(namespace, "portforward") }

// DenialError reports that admission rejects node pods in a namespace.
type DenialError struct {
	Namespace string
	Policy    string // what rejects them, such as a label, a webhook or a policy
	Message   string // the API server's message
	Allowed   string // a namespace in which they are allowed; empty if none was found
}

func (e *DenialError) Error() string {
	return fmt.Sprintf("a node pod is not allowed in namespace %q by %s: %s", e.Namespace, e.Policy, e.Message)
}

// denial returns the *DenialError of err, by which a dry run of the Job was denied.
func (m *Manager) denial(ctx context.Context, err error, job *batchv1.Job) *DenialError {
	denial := asDenial(err, job.Namespace)
	denial.Allowed = m.allowedNamespace(ctx, job)
	if strings.Contains(denial.Message, "violates PodSecurity") {
		denial.Policy = m.podSecurityLabel(ctx, job.Namespace)
	}
	return denial
}

var (
	webhookDenial         = regexp.MustCompile(`admission webhook "([^"]+)" denied the request`)
	admissionPolicyDenial = regexp.MustCompile(`ValidatingAdmissionPolicy '([^']+)'`)
)

// asDenial returns the denial that err reports, or nil if err is none.
func asDenial(err error, namespace string) *DenialError {
	if err == nil {
		return nil
	}
	denial := &DenialError{Namespace: namespace, Message: err.Error()}
	if match := webhookDenial.FindStringSubmatch(denial.Message); match != nil {
		denial.Policy = fmt.Sprintf("the admission webhook %q", match[1])
		return denial
	}
	if match := admissionPolicyDenial.FindStringSubmatch(denial.Message); match != nil {
		denial.Policy = fmt.Sprintf("the ValidatingAdmissionPolicy %q", match[1])
		return denial
	}
	if apierrors.IsForbidden(err) {
		denial.Policy = "an admission controller"
		return denial
	}
	return nil
}

// podSecurityLabel describes what sets the namespace's Pod Security level: its label, or else the cluster's default.
func (m *Manager) podSecurityLabel(ctx context.Context, namespace string) string {
	ns, err := m.Clients.Metadata("v1", "namespaces").Get(ctx, namespace, metav1.GetOptions{})
	if err != nil {
		return "Pod Security Admission (cannot read the namespace's labels)"
	}
	level, ok := ns.Labels[enforceLabel]
	if !ok {
		return "the cluster's default for Pod Security Admission"
	}
	return fmt.Sprintf("its label %s=%s", enforceLabel, level)
}

// allowedNamespace returns a namespace that admits the pod in a dry run, or "". It tries kube-system and default only: whoever may exec
// into pods of a namespace is root on the node while the pod runs, so it never returns the namespace of a tenant.
func (m *Manager) allowedNamespace(ctx context.Context, job *batchv1.Job) string {
	for _, ns := range []string{metav1.NamespaceSystem, metav1.NamespaceDefault} {
		if ns == job.Namespace {
			continue
		}
		if m.Clients.Check(ctx, Rights(ns, true)...) != nil {
			continue
		}
		if known, err := m.maker().Admit(ctx, job, ns); known && err == nil {
			return ns
		}
	}
	return ""
}
