package checks

import (
	"fmt"
	"slices"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// secret returns the connection and its Secret. If that does not exist or was not read, ok is false and the check is skipped; ok is false
// on errors too.
func secret(p *check.Pass) (s subject, info facts.SecretInfo, ok bool, err error) {
	if s, err = connection(p); err != nil {
		return s, info, false, err
	}
	info, err = facts.Secret.Get(p)
	switch {
	case err != nil && (proven(p, s.ConnectionInfo) || len(s.classes) > 0):
		p.Skip("the keys of the Secret were not read: %s", err)
		return s, info, false, nil
	case err != nil:
		return s, info, false, err
	case !info.Exists:
		p.Skip("the connection has no Secret")
	}
	return s, info, info.Exists, nil
}

// usersOfSecret returns the connection, the workloads that use it, and its Secret. If there are none, or the Secret does not exist or was
// not read, ok is false and the check is skipped; ok is false on errors too.
func usersOfSecret(p *check.Pass) (s subject, list []facts.Consumer, info facts.SecretInfo, ok bool, err error) {
	s, list, ok, err = consumers(p)
	if !ok {
		return s, nil, info, false, err
	}
	_, info, ok, err = secret(p)
	return s, list, info, ok, err
}

// SecretHasKeys finds an empty Secret.
var SecretHasKeys = &check.Check{
	Code: "CON0302",
	Name: "secret-has-keys",
	Hop:  hopResources,
	Doc: `the Secret of the connection has keys, and they have values

Each key becomes a variable or a file of the pods. Of the Secret, keys are read, and whether a value is empty; values are dropped.`,
	Sources: []string{docExtension},
	After:   []*check.Check{SecretExists},
	Needs:   provided(),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, info, ok, err := secret(p)
		switch {
		case !ok:
			return nil, err
		case len(info.Empty) > 0:
			return []check.Finding{withoutValues(p, s, info)}, nil
		case len(info.Keys) > 0:
			return nil, nil
		}
		return []check.Finding{{
			Severity: check.Error, Target: s.secret(), Summary: fmt.Sprintf("Secret %s has no keys", s.Secret),
			Cause: "its data were removed, or something else than Service Connector created it",
			Fixes: []check.Fix{azure("see what it should hold, and update the connection to write it again", listConnections())},
		}}, nil
	},
}

// withoutValues is the finding on keys whose values are empty: a note, if no pod takes one of them.
func withoutValues(p *check.Pass, s subject, info facts.SecretInfo) check.Finding {
	f := check.Finding{
		Severity: check.Info, Target: s.secret(),
		Summary: fmt.Sprintf("Secret %s has no value for %s", s.Secret, names(info.Empty)),
		Cause:   "the target had no such value, or a tool writes a placeholder over it, such as Argo CD or Flux from a Git repository",
		Fixes: []check.Fix{
			{Title: "if a tool applies the Secret, take it out of what that tool applies"},
			azure("update the connection, so that it is written again", listConnections()),
		},
	}
	if info.Writer != "" {
		f.Cause += fmt.Sprintf("; its data were last written by %s, at %s UTC", info.Writer, info.Changed.Format(time.DateTime))
	}
	pods, _ := facts.ConsumerPods.Get(p) // without them, it is a note
	for _, pod := range pods.Items {
		for _, use := range pod.Use.Of(s.Secret) {
			if use.Key == "" || slices.Contains(info.Empty, use.Key) {
				f.Severity = check.Warning
			}
		}
	}
	return f
}
