package nodepod

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/kube"
)

// enforceLabel is what makes Pod Security Admission deny pods
// (https://kubernetes.io/docs/concepts/security/pod-security-admission).
const enforceLabel = "pod-security.kubernetes.io/enforce"

// Rights are what a user needs to make, use and remove a node pod in the namespace. A pod that only reports by its
// termination message is not entered: exec is false for it.
func Rights(namespace string, exec bool) []kube.Right {
	rights := jobpod.Rights(namespace)
	if exec {
		rights = append(rights, jobpod.ExecRights(namespace, "exec", "attach")...)
	}
	return rights
}

// ConnectRights are what it takes beside Rights to connect to the pod's own ports.
func ConnectRights(namespace string) []kube.Right { return jobpod.ExecRights(namespace, "portforward") }

// DenialError says that admission does not let a node pod into the namespace.
type DenialError struct {
	Namespace string
	Policy    string // what denies it, in the cluster's own words
	Message   string // the API server's message
	Allowed   string // a namespace in which it would be allowed; empty where none was found
}

func (e *DenialError) Error() string {
	return fmt.Sprintf("a node pod is not allowed in namespace %q by %s: %s", e.Namespace, e.Policy, e.Message)
}

// dryRun asks the API server whether the Job's pod would be admitted, and makes nothing.
func (m *Manager) dryRun(ctx context.Context, job *batchv1.Job) error {
	err := m.maker().Admit(ctx, job, job.Namespace)
	denial := asDenial(err, job.Namespace)
	if denial == nil {
		return err
	}
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

// asDenial returns the denial that err reports, or nil where err is something else.
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

// podSecurityLabel names the label that denies, or the cluster's default where the namespace has none.
func (m *Manager) podSecurityLabel(ctx context.Context, namespace string) string {
	ns, err := m.Clients.Metadata("v1", "namespaces").Get(ctx, namespace, metav1.GetOptions{})
	if err != nil {
		return "Pod Security Admission (the namespace's labels could not be read)"
	}
	level, ok := ns.Labels[enforceLabel]
	if !ok {
		return "the cluster's default of Pod Security Admission"
	}
	return fmt.Sprintf("its label %s=%s", enforceLabel, level)
}

// allowedNamespace returns a namespace into which a dry run lets the pod: kube-system first, then those that do not
// enforce a Pod Security level. It tries a few only.
func (m *Manager) allowedNamespace(ctx context.Context, job *batchv1.Job) string {
	candidates := []string{metav1.NamespaceSystem, metav1.NamespaceDefault}
	if list, err := m.Clients.Metadata("v1", "namespaces").List(ctx, metav1.ListOptions{Limit: 500}); err == nil {
		for _, ns := range list.Items {
			level := ns.Labels[enforceLabel]
			if (level == "" || level == "privileged") && !slices.Contains(candidates, ns.Name) {
				candidates = append(candidates, ns.Name)
			}
		}
	}
	for _, ns := range candidates[:min(5, len(candidates))] {
		if ns == job.Namespace {
			continue
		}
		if m.Clients.Check(ctx, Rights(ns, true)...) == nil && m.maker().Admit(ctx, job, ns) == nil {
			return ns
		}
	}
	return ""
}
