package aksnode

import (
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/nodepod"
)

// Only a denial by AKS deployment safeguards gets the hint on how to exempt a namespace.
func TestDenialHints(t *testing.T) {
	denial := &nodepod.DenialError{Namespace: "a", Policy: `the admission webhook "validation.gatekeeper.sh"`}
	safeguards := strings.Join(denialHints(denial), "\n")
	for _, want := range []string{"az aks safeguards update -g GROUP -n CLUSTER --excluded-ns a", "no namespace was found"} {
		if !strings.Contains(safeguards, want) {
			t.Errorf("%q is not in:\n%s", want, safeguards)
		}
	}
	other := strings.Join(denialHints(&nodepod.DenialError{Namespace: "a", Policy: "its label x", Allowed: "kube-system"}), "\n")
	if other != "it is allowed in namespace kube-system: add -n kube-system" {
		t.Error(other)
	}
}
