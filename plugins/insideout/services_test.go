package insideout

import (
	"os"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/akstools/akstools/internal/cli"
)

// The hint names a file of the repository by its address: an installed plugin comes without the file.
func TestForbiddenHintsAtTheRole(t *testing.T) {
	err := withRole(apierrors.NewForbidden(schema.GroupResource{Resource: "services"}, "", nil))
	hint := strings.Join(cli.Hints(err), " ")
	_, file, ok := strings.Cut(hint, " https://github.com/akstools/akstools/blob/main/")
	if !ok {
		t.Fatalf("no address in %q", hint)
	}
	if _, err := os.Stat("../../" + file); err != nil {
		t.Error(err)
	}
}
