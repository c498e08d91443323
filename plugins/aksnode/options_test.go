package aksnode

import (
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/nodepod"
)

// TestDenialHints holds that who is denied by AKS's safeguards learns how a namespace is excepted, and others do not.
func TestDenialHints(t *testing.T) {
	safeguards := strings.Join(denialHints(&nodepod.DenialError{Namespace: "a", Policy: `the admission webhook "validation.gatekeeper.sh"`}), "\n")
	if !strings.Contains(safeguards, "az aks safeguards update -g GROUP -n CLUSTER --excluded-ns a") || !strings.Contains(safeguards, "no namespace was found") {
		t.Error(safeguards)
	}
	other := strings.Join(denialHints(&nodepod.DenialError{Namespace: "a", Policy: "its label x", Allowed: "kube-system"}), "\n")
	if other != "it would be allowed in namespace kube-system: add -n kube-system" {
		t.Error(other)
	}
}
