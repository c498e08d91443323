package facts

import (
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/podhealth"
)

// Misnamed is a workload that names a Secret as Service Connector writes none.
type Misnamed struct {
	Ref    check.Ref `json:"ref"`
	Secret string    `json:"secret"` // that it names
}

// meant returns the Secret that Service Connector writes for a connection, of which the given one has the name with dashes or the like in
// it; empty if it has no such name.
func meant(secret string) string {
	inner, isSecret := strings.CutSuffix(secret, secretSuffix)
	inner, isOurs := strings.CutPrefix(inner, objectPrefix)
	if !isSecret || !isOurs || essence(inner) == "" || essence(inner) == inner {
		return ""
	}
	return SecretName(inner)
}

// misnamed returns the Secret that the pods name in place of the connection's, with characters that Service Connector leaves out; empty if
// they name none.
func (c ConnectionInfo) misnamed(u PodUse) string {
	i := slices.IndexFunc(u.Uses, func(use Use) bool { return !use.Optional && meant(use.Object) == c.Secret })
	if i < 0 {
		return ""
	}
	return u.Uses[i].Object
}

// lacks reports whether a container of the pod waits for the Secret, which does not exist.
func lacks(p podhealth.Pod, secret string) bool {
	return slices.ContainsFunc(p.Containers, func(c podhealth.Container) bool {
		return c.State.Phase == podhealth.Waiting && strings.Contains(c.State.Message, `"`+secret+`" not found`)
	})
}
