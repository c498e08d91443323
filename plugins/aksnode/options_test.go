package aksnode

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/noderun"
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

// A redirect is not reported as an API server that cannot be reached.
func TestRedirectHint(t *testing.T) {
	err := &url.Error{Op: "Get", URL: "https://api/", Err: &kube.RedirectError{To: "https://login.example.com"}}
	want := []string{"a proxy or a login page may be in front of the API server; check with: kubectl get nodes"}
	if got := hints(hintContext{}, err); !slices.Equal(got, want) {
		t.Errorf("hints: %q", got)
	}
}

// A connection that broke while its pod runs is not blamed on the pod, nor on the tunnel alone.
func TestLostHint(t *testing.T) {
	got := strings.Join(hints(hintContext{node: "n"}, fmt.Errorf("x: %w", &noderun.LostError{Err: errors.New("reset")})), "\n")
	for _, want := range []string{"kubelet", "VPN", "kubectl aksnode ssh n -- systemd-run"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in:\n%s", want, got)
		}
	}
}
