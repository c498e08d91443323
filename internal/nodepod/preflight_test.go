package nodepod

import (
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
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
