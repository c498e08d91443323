package sarif

import (
	"net/url"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/akstools/akstools/internal/check"
)

// locationOf is the object as a logical location. GitHub accepts no result without a physical one, so there is also a file whose name is
// that of the object; it does not exist.
func locationOf(object check.Ref) *sarif.Location {
	file := sarif.NewPhysicalLocation().
		WithArtifactLocation(sarif.NewArtifactLocation().WithURI(path(object))).
		WithRegion(sarif.NewRegion().WithStartLine(1))
	resource := sarif.NewLogicalLocation().
		WithKind("resource").
		WithName(object.Name).
		WithFullyQualifiedName(strings.Join(parts(object), "/"))
	return sarif.NewLocation().WithPhysicalLocation(file).WithLogicalLocations([]*sarif.LogicalLocation{resource})
}

// parts are the kind, the namespace if there is one, and the name.
func parts(object check.Ref) []string {
	if object.Namespace == "" {
		return []string{object.Kind, object.Name}
	}
	return []string{object.Kind, object.Namespace, object.Name}
}

// path returns the relative URI KIND/NAMESPACE/NAME. Whatever the parts hold, it has no scheme, no host and no way up.
func path(object check.Ref) string {
	segments := parts(object)
	for i, s := range segments {
		s = strings.ReplaceAll(url.PathEscape(s), ":", "%3A")
		if strings.Trim(s, ".") == "" {
			s = "_" + s
		}
		segments[i] = s
	}
	return strings.Join(segments, "/")
}
