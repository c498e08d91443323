package facts

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/redact"
)

// configMaps returns those that are among the sources. Those before another reference to the Secret do not matter.
func configMaps(sources []corev1.EnvFromSource, secret string) (list []KeySource) {
	for _, s := range sources {
		if s.SecretRef != nil && s.SecretRef.Name == secret {
			list = nil
		}
		if s.ConfigMapRef != nil {
			list = append(list, KeySource{s.ConfigMapRef.Name, redact.Line(s.Prefix)})
		}
	}
	return list
}

// proxied reports whether the container names a proxy for its connections, or is the sidecar of a service mesh that takes the pod's. AKS
// sets the variables in all pods of a cluster with a proxy (https://learn.microsoft.com/azure/aks/http-proxy).
func proxied(c *corev1.Container) bool {
	return slices.Contains([]string{"istio-proxy", "linkerd-proxy"}, c.Name) || slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool {
		return slices.Contains([]string{"https_proxy", "all_proxy"}, strings.ToLower(e.Name))
	})
}

// referring returns the names of the variables that stand before the i-th of the container and refer to it. Where the container has
// envFrom, that may define the name too, and none are returned.
func referring(c *corev1.Container, i int) (names []string) {
	if len(c.EnvFrom) > 0 {
		return nil
	}
	name := c.Env[i].Name
	for _, e := range c.Env[:i] {
		// $$(NAME) is no reference
		if strings.Contains(strings.ReplaceAll(e.Value, "$$", ""), "$("+name+")") {
			names = append(names, redact.Line(e.Name))
		}
	}
	return names
}
