package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
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
			for _, f := range c.Template.Files {
				if inVolume(uses, f, info.Keys) {
					continue
				}
				finding := check.Finding{
					Severity: check.Error, Target: c.Ref,
					Summary: fmt.Sprintf("container %s of %s mounts %s of Secret %s by subPath, which has no such key", f.Container, c.Ref, f.Name,
						s.Secret),
					Cause: "the container gets an empty directory in its place; the Secret has " + names(info.Keys),
					Fixes: []check.Fix{editing("mount a key that the Secret has", c.Ref)},
				}
				if f.Program != "" {
					finding.Summary = fmt.Sprintf("the volume with Secret %s hides program %s of container %s in %s", s.Secret, f.Program, f.Container,
						c.Ref)
					finding.Cause = "it is mounted over the directory of the program, where now are only " + names(info.Keys)
					finding.Fixes = []check.Fix{editing("mount it in a directory of its own", c.Ref)}
				}
				found = append(found, finding)
			}
		}
		return found, nil
	},
}

// inVolume reports whether the file's volume has it, or is none of the uses: a volume has a file for each key, or those that the uses name.
func inVolume(uses []facts.Use, f facts.MountedFile, keys []string) bool {
	i := slices.IndexFunc(uses, func(u facts.Use) bool { return u.How == facts.Volume && u.Name == f.Volume })
	if i < 0 {
		return true
	}
	if uses[i].Path == "" {
		return slices.Contains(keys, f.Name)
	}
	return slices.ContainsFunc(uses, func(u facts.Use) bool {
		return u.How == facts.Volume && u.Name == f.Volume && (u.Path == f.Name || strings.HasPrefix(u.Path, f.Name+"/"))
	})
}
