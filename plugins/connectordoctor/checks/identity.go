package checks

import (
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// signers returns the connection and the workloads whose pods are to sign in by workload identity: they have a ServiceAccount of Service
// Connector, or they use a Secret with the keys of such a connection, or they have the label and the keys are not known to be of another
// one, or the annotation that names an identity where it has no effect. If there are none, ok is false and the check is skipped; ok is
// false on errors too.
func signers(p *check.Pass) (s subject, list []facts.Consumer, ok bool, err error) {
	s, all, ok, err := consumers(p)
	if !ok {
		return s, nil, false, err
	}
	identity, known := keysTell(p)
	for _, c := range all {
		uses := identity && len(c.Template.Of(s.Secret)) > 0
		labelled := c.Template.Label == "true" && (identity || !known || c.Annotated != "")
		if uses || labelled || facts.ByConnector(c.Template.ServiceAccount) {
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		p.Skip("no pod that uses the connection is to sign in by workload identity")
	}
	return s, list, len(list) > 0, nil
}

// keysTell reports whether the keys of the Secret are those of a connection by workload identity, and whether they tell at all.
func keysTell(p *check.Pass) (identity, known bool) {
	info, err := facts.Secret.Get(p)
	if err != nil || !info.Exists {
		return false, false
	}
	identity, known = info.Identity()
	return identity && known, known
}

// tokenless returns the containers of the pod that are to have a token and have none, by whatever means: all but those that the webhook is
// told to skip, or, where others have one, those that use the Secret.
func tokenless(u facts.PodUse, secret string) (names []string) {
	partly := some(u)
	for _, c := range u.Containers {
		if c.Init || withToken(c) || slices.Contains(u.Skipped, c.Name) {
			continue
		}
		uses := slices.ContainsFunc(u.Of(secret), func(use facts.Use) bool { return use.Container == c.Name })
		if !partly || uses {
			names = append(names, c.Name)
		}
	}
	return names
}

func withToken(c facts.ContainerIdentity) bool {
	return c.Token || slices.Contains(c.Env, facts.TokenProxy)
}

// some reports whether a container of the pod has a token.
func some(u facts.PodUse) bool { return slices.ContainsFunc(u.Containers, withToken) }

// allInjected reports whether the workloads have pods, and each of these has a token.
func allInjected(pods facts.ConsumerPodList, list []facts.Consumer) bool {
	workloads := pods.ByWorkload()
	for _, c := range list {
		of := workloads[c.Ref.String()]
		if len(of) == 0 || slices.ContainsFunc(of, func(pod facts.ConsumerPod) bool { return !some(pod.Use) }) {
			return false
		}
	}
	return true
}
