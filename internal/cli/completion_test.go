package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestItemNames holds that an API server cannot make the shell complete a word that is not a name.
func TestItemNames(t *testing.T) {
	var items []metav1.PartialObjectMetadata
	for _, name := range []string{
		"aks-nodepool1-12345678-vmss000000", "a.b", "", "a b", "$(id)", "a\n:0", "a\tb", "--help", "a\x1b[2J", "_activeHelp_ x",
	} {
		items = append(items, metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: name}})
	}
	if diff := cmp.Diff([]string{"aks-nodepool1-12345678-vmss000000", "a.b"}, itemNames(items)); diff != "" {
		t.Error(diff)
	}
}
