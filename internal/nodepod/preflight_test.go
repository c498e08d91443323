package nodepod

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/akstools/akstools/internal/kube"
)

// TestAsDenial uses messages of real API servers.
func TestAsDenial(t *testing.T) {
	forbidden := func(text string) error {
		return apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "x", errors.New(text))
	}
	for want, err := range map[string]error{
		// https://learn.microsoft.com/azure/aks/deployment-safeguards
		`the admission webhook "validation.gatekeeper.sh"`: errors.New(`admission webhook "validation.gatekeeper.sh" denied the request: ` +
			`[azurepolicy-k8sazurev1blockhostnamespace-1f] Host PID namespaces are disallowed`),
		`the ValidatingAdmissionPolicy "no-host-pid"`: forbidden(
			`ValidatingAdmissionPolicy 'no-host-pid' with binding 'no-host-pid' denied request: no`),
		"an admission controller": forbidden(`violates PodSecurity "baseline:latest"`),
		"":                        errors.New("connection refused"),
	} {
		denial := asDenial(err, "default")
		if denial == nil {
			denial = &DenialError{}
		}
		if denial.Policy != want {
			t.Errorf("%v: %q, want %q", err, denial.Policy, want)
		}
	}
}

// TestAllowedNamespace holds that the hint never suggests the namespace of a tenant for node pods, even if it allows them.
func TestAllowedNamespace(t *testing.T) {
	for admits, want := range map[string]string{"kube-system": "kube-system", "default": "default", "tenant": ""} {
		clients := clientsOf(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			var answer any
			switch {
			case strings.HasSuffix(r.URL.Path, "/selfsubjectaccessreviews"):
				review := &authorizationv1.SelfSubjectAccessReview{}
				review.TypeMeta = metav1.TypeMeta{APIVersion: "authorization.k8s.io/v1", Kind: "SelfSubjectAccessReview"}
				review.Status.Allowed = true
				answer = review
			case r.Method == http.MethodGet: // namespaces
				tenant := metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: "tenant"}}
				tenant.TypeMeta = metav1.TypeMeta{APIVersion: "meta.k8s.io/v1", Kind: "PartialObjectMetadata"}
				answer = metav1.PartialObjectMetadataList{
					TypeMeta: metav1.TypeMeta{APIVersion: "meta.k8s.io/v1", Kind: "PartialObjectMetadataList"},
					Items:    []metav1.PartialObjectMetadata{tenant},
				}
			case strings.Contains(r.URL.Path, "/namespaces/"+admits+"/"):
				var p corev1.Pod
				_ = json.NewDecoder(r.Body).Decode(&p)
				p.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}
				answer = &p
			default:
				status := apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "x", errors.New("violates PodSecurity")).Status()
				w.WriteHeader(http.StatusForbidden)
				answer = &status
			}
			_ = json.NewEncoder(w).Encode(answer)
		})
		m := &Manager{Clients: clients}
		job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Namespace: "strict", Name: "x"}}
		if got := m.allowedNamespace(t.Context(), job); got != want {
			t.Errorf("allowed in %s: %q", admits, got)
		}
	}
}

// clientsOf returns clients of an API server that answers as h does.
func clientsOf(t *testing.T, h http.HandlerFunc) *kube.Clients {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	flags := genericclioptions.NewConfigFlags(false)
	flags.APIServer = &server.URL
	clients, err := kube.New(flags)
	if err != nil {
		t.Fatal(err)
	}
	return clients
}
