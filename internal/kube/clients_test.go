package kube

import (
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericclioptions"
)

// A namespace that cannot exist, such as one in another's kubeconfig, is refused before it becomes part of a file's name.
func TestNewRefusesNamespaces(t *testing.T) {
	for _, namespace := range []string{"../../../escaped", "a/b", "..", "A", "a.b", "a\nb", strings.Repeat("a", 64)} {
		flags := genericclioptions.NewConfigFlags(false)
		*flags.APIServer, *flags.Namespace = "https://lab", namespace
		if _, err := New(flags); err == nil || !strings.Contains(err.Error(), "cannot exist") {
			t.Errorf("%q: %v", namespace, err)
		}
	}
}
