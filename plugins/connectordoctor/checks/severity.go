package checks

import (
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// provided are the facts that tell whether the connection already has what it provides.
func provided(more ...check.Need) []check.Need {
	return append(more, facts.Connection, facts.Secret, facts.ConsumerPods, facts.ProviderClasses)
}

// severity is that of what keeps Service Connector from changing the connection: a warning if what it provides exists, because pods can
// use that.
func severity(p *check.Pass) check.Severity {
	if exists(p) {
		return check.Warning
	}
	return check.Error
}

// exists reports whether what the connection provides is known to exist: its Secret, or else its SecretProviderClass, or pods that run
// and could not have started without its Secret.
func exists(p *check.Pass) bool {
	c, err := facts.Connection.Get(p)
	if err != nil || c.Secret == "" {
		return false
	}
	if classes, err := facts.ProviderClasses.Get(p); err == nil && len(classes.For(c)) > 0 {
		return true
	}
	s, err := facts.Secret.Get(p)
	if err == nil {
		return s.Exists
	}
	return proven(p, c)
}

// proven reports whether a container runs that could not have started without the connection's Secret.
func proven(p *check.Pass, c facts.ConnectionInfo) bool {
	pods, err := facts.ConsumerPods.Get(p)
	return err == nil && slices.ContainsFunc(pods.Alive(), func(pod facts.ConsumerPod) bool {
		for _, use := range pod.Use.Of(c.Secret) {
			if !use.Optional && started(pod, use.Container) {
				return true
			}
		}
		return false
	})
}

// started reports whether the container has started; any of the pod's if the name is empty.
func started(pod facts.ConsumerPod, container string) bool {
	return slices.ContainsFunc(pod.Containers, func(c podhealth.Container) bool {
		return (container == "" || c.Name == container) && (c.State.Phase == podhealth.Running || c.State.Phase == podhealth.Terminated)
	})
}
