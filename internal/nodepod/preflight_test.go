package nodepod

import (
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// TestAsDenial reads who denied, in the words of API servers.
func TestAsDenial(t *testing.T) {
	pods := schema.GroupResource{Resource: "pods"}
	for want, err := range map[string]error{
		// https://learn.microsoft.com/azure/aks/deployment-safeguards
		`the admission webhook "validation.gatekeeper.sh"`: errors.New(`admission webhook "validation.gatekeeper.sh" denied the request: [azurepolicy-k8sazurev1blockhostnamespace-1f] Host PID namespaces are disallowed`),
		`the ValidatingAdmissionPolicy "no-host-pid"`:      apierrors.NewForbidden(pods, "x", errors.New(`ValidatingAdmissionPolicy 'no-host-pid' with binding 'no-host-pid' denied request: no`)),
		"an admission controller":                          apierrors.NewForbidden(pods, "x", errors.New(`violates PodSecurity "baseline:latest"`)),
		"":                                                 errors.New("connection refused"),
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
