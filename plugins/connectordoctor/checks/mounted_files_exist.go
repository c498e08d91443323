package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// MountedFilesExist finds files that containers need of a volume with the Secret, and that it does not have.
var MountedFilesExist = &check.Check{
	Code: "CON0409",
	Name: "mounted-files-exist",
	Hop:  hopConsumers,
	Doc: `what containers mount of a volume with the Secret by subPath is in it, and the volume hides no program

A part of a volume that does not exist becomes an empty directory. A volume that is mounted over a directory of the image hides what is
there.`,
	Sources: []string{docSecrets, "https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath"},
	After:   []*check.Check{SecretHasKeys},
	Needs:   provided(facts.Consumers),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, list, info, ok, err := usersOfSecret(p)
		if !ok {
			return nil, err
		}
		var found []check.Finding
		for _, c := range list {
			uses := c.Template.Of(s.Secret)
			seen := map[facts.MountedFile]bool{} // a volume may be several uses
			for _, use := range uses {
				for _, f := range use.Files {
					if seen[f] || inVolume(uses, use.Name, f.Name, info.Keys) {
						continue
					}
					seen[f] = true
					finding := check.Finding{
						Severity: check.Error, Target: c.Ref,
						Summary: fmt.Sprintf("container %s of %s mounts %s of Secret %s by subPath, which has no such key", f.Container, c.Ref, f.Name,
							s.Secret),
						Cause: "the container gets an empty directory in its place; the Secret has " + names(info.Keys),
						Fixes: []check.Fix{fix("mount a key that the Secret has", cmdline.Kubectl("edit", c.Ref.String(), "-n", c.Ref.Namespace))},
					}
					if f.Program != "" {
						finding.Summary = fmt.Sprintf("the volume with Secret %s hides program %s of container %s in %s", s.Secret, f.Program,
							f.Container, c.Ref)
						finding.Cause = "it is mounted over the directory of the program, where now are only " + names(info.Keys)
						finding.Fixes = []check.Fix{fix("mount it in a directory of its own", cmdline.Kubectl("edit", c.Ref.String(), "-n", c.Ref.Namespace))}
					}
					found = append(found, finding)
				}
			}
		}
		return found, nil
	},
}

// inVolume reports whether the volume has the file: of a key of its own name, or as a use of the volume names it.
func inVolume(uses []facts.Use, volume, file string, keys []string) bool {
	all := true // keys become files
	for _, use := range uses {
		if use.How == facts.Volume && use.Name == volume && use.Path != "" {
			if all = false; use.Path == file || len(use.Path) > len(file) && use.Path[:len(file)+1] == file+"/" {
				return true
			}
		}
	}
	return all && slices.Contains(keys, file)
}
