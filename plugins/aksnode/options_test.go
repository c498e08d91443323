package aksnode

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/cmdline"
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

// An API server that this computer does not reach is not the tunnel's fault, and Azure still offers ways.
func TestUnreachableHints(t *testing.T) {
	private := "https://lab-1.0a.privatelink.eastus.azmk8s.io:443/api/v1/nodes/n"
	for name, c := range map[string]struct {
		err  *url.Error
		want []string
	}{
		"private": {
			&url.Error{Op: "Get", URL: private, Err: &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}},
			[]string{"only in the private cluster's network", "az aks command invoke -g GROUP -n CLUSTER --command 'kubectl describe node aksnp"},
		},
		"no route": {
			&url.Error{Op: "Get", URL: "https://10.0.0.4/", Err: &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}},
			[]string{"does not reach the API server", "-n aksnpwin --instance-id 0 --command-id RunPowerShellScript --scripts dir"},
		},
	} {
		got := strings.Join(hints(hintContext{node: "aksnpwin000000", command: []string{"dir"}}, c.err), "\n")
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is not in:\n%s", name, want, got)
			}
		}
	}
}

// The script that runs through Azure is the user's command, whatever its words hold.
func TestUnreachableHintsQuote(t *testing.T) {
	c := hintContext{node: "aks-np-12345678-vmss000000", command: []string{"sh", "-c", "a | b"}}
	got := strings.Join(hints(c, &url.Error{Op: "Get", URL: "https://10.0.0.4/", Err: os.ErrDeadlineExceeded}), "\n")
	if want := cmdline.Quote([]string{`sh -c 'a | b'`}); !strings.Contains(got, "--scripts "+want) {
		t.Errorf("%q is not in:\n%s", want, got)
	}
}

// A Windows node without a Linux hop can still be reached without one.
func TestNoHopHints(t *testing.T) {
	got := strings.Join(hints(hintContext{}, &nodepod.NoHopError{Target: "w", Windows: true, RunCommand: "az x"}), "\n")
	if !strings.Contains(got, "kubectl aksnode ssh w --hostprocess") || !strings.Contains(got, "az x") {
		t.Error(got)
	}
}
