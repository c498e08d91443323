package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// needless returns why the connection needs no extension in the cluster: its pods mount a key vault's secrets by the CSI driver. Empty: it
// may need one. The check must need what provided returns.
func needless(p *check.Pass) string {
	c, classes := withoutSecret(p)
	switch own := classes.For(c); {
	case len(own) > 0:
		return fmt.Sprintf("the connection has SecretProviderClass %s, and needs no extension", own[0].Name)
	case mountsOwnClass(p, c):
		return fmt.Sprintf("pods mount SecretProviderClass %s by the CSI driver, and the connection needs no extension", c.Provider)
	}
	return ""
}

// perhapsNeedless is needless where it is not known whether the SecretProviderClass that pods mount is the connection's.
func perhapsNeedless(p *check.Pass) string {
	_, classes := withoutSecret(p)
	if len(classes.Others) == 0 {
		return ""
	}
	pods, _ := facts.ConsumerPods.Get(p) // withoutSecret has read them
	for _, pod := range pods.Items {
		for _, u := range pod.Use.Uses {
			if u.How == facts.CSI && slices.Contains(classes.Others, u.Object) {
				return fmt.Sprintf("SecretProviderClass %s, which pods mount, may be the connection's, which then needs no extension", u.Object)
			}
		}
	}
	return ""
}

// withoutSecret returns the connection and the SecretProviderClasses, if it has no Secret and no pod refers to one.
func withoutSecret(p *check.Pass) (c facts.ConnectionInfo, classes facts.ProviderClassList) {
	c, err := facts.Connection.Get(p)
	if err != nil || c.Secret == "" {
		return c, classes
	}
	all, err := facts.ProviderClasses.Get(p)
	if err != nil || !all.Served {
		return c, classes
	}
	if secret, err := facts.Secret.Get(p); err != nil || secret.Exists {
		return c, classes
	}
	pods, err := facts.ConsumerPods.Get(p)
	if err != nil || slices.ContainsFunc(pods.Items, func(pod facts.ConsumerPod) bool { return len(pod.Use.Of(c.Secret)) > 0 }) {
		return c, classes
	}
	return c, all
}

// mountsOwnClass reports whether pods mount the SecretProviderClass that has the connection's name, whether it exists or not.
func mountsOwnClass(p *check.Pass, c facts.ConnectionInfo) bool {
	if classes, err := facts.ProviderClasses.Get(p); err != nil || !classes.Served {
		return false
	}
	pods, err := facts.ConsumerPods.Get(p)
	return err == nil && slices.ContainsFunc(pods.Items, func(pod facts.ConsumerPod) bool {
		return slices.ContainsFunc(pod.Use.Uses, func(u facts.Use) bool { return u.How == facts.CSI && u.Object == c.Provider })
	})
}
