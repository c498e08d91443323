package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// FilesAreReadable finds programs that run as a user who may not read the files of the connection's Secret.
var FilesAreReadable = &check.Check{
	Code: "CON0406",
	Name: "files-are-readable",
	Hop:  hopConsumers,
	Doc: `the users as which programs run may read the files of the Secret

Files of a Secret belong to root. Where defaultMode or mode lets no others read them, as 0400 does, a program of another user cannot, unless
the pod has an fsGroup. Users that only the image names are not known.`,
	Sources: []string{
		docSecrets, "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/#set-the-security-context-for-a-pod",
	},
	Needs: provided(facts.Consumers),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, list, ok, err := consumers(p)
		if !ok {
			return nil, err
		}
		var found []check.Finding
		for _, c := range list {
			for _, use := range s.uses(c.Template) {
				if len(use.Unreadable) == 0 {
					continue
				}
				r := use.Unreadable[0]
				found = append(found, check.Finding{
					Severity: check.Error, Target: c.Ref,
					Summary: fmt.Sprintf("container %s of %s runs as user %d, who may not read the files of Secret %s: their mode is %#o", r.Container,
						c.Ref, r.User, s.Secret, use.Mode),
					Cause: "the files belong to root, and the pod has no fsGroup: the program gets \"permission denied\"",
					Fixes: []check.Fix{patch("give the files a group of the containers", c.Ref, map[string]any{
						"spec": map[string]any{"securityContext": map[string]int64{"fsGroup": r.User}},
					})},
				})
				break // a finding for each workload
			}
		}
		return found, nil
	},
}
