package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// needless returns why the connection needs no extension in the cluster: its pods mount a key vault's secrets by the CSI driver, or may do
// so. Empty: it may need one. The check must need what provided returns.
func needless(p *check.Pass) string {
	c, err := facts.Connection.Get(p)
	if err != nil || c.Secret == "" {
		return ""
	}
	classes, err := facts.ProviderClasses.Get(p)
	if err != nil || !classes.Served {
		return ""
	}
	if secret, err := facts.Secret.Get(p); err != nil || secret.Exists {
		return ""
	}
	switch own := classes.For(c); {
	case len(own) > 0:
		return fmt.Sprintf("the connection needs no extension: pods mount SecretProviderClass %s by the CSI driver", own[0].Name)
	case mountsOwnClass(p, c):
		return fmt.Sprintf("the connection needs no extension: pods mount SecretProviderClass %s by the CSI driver", c.Provider)
	case len(classes.Others) > 0:
		return fmt.Sprintf("SecretProviderClass %s may be the connection's, which then needs no extension", classes.Others[0])
	}
	return ""
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
