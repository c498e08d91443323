package facts

import (
	"path"
	"regexp"
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

// shell reports whether the container's command is a shell that drops variables whose names are no names of its language. dash and busybox
// do, bash does not (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_05_03).
func shell(c *corev1.Container) bool {
	return len(c.Command) > 0 && slices.Contains([]string{"sh", "ash", "dash"}, path.Base(c.Command[0]))
}

// reference is $(NAME) in the value of a variable.
var reference = regexp.MustCompile(`\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)`)

// shellReference is $NAME or ${NAME}, which only a shell replaces, for the names of Service Connector's variables: other words after a $
// may be part of a secret.
var shellReference = regexp.MustCompile(`\$(?:(AZURE_[A-Z0-9_]+)|\{(AZURE_[A-Z0-9_]+)\})`)

// withShell matches an element of a command by which a shell may run: a shell, a script, or the option -c.
var withShell = regexp.MustCompile(`(^|/)((ba|da|a|k|z|pw)?sh|envsubst|env|launcher)$|\.sh$|^-[a-z]*c$`)

// literal returns the variables that the container's command and arguments name as a shell would replace them, if none runs. An image's own
// entry point may be one.
func literal(c *corev1.Container) (names []string) {
	all := slices.Concat(c.Command, c.Args)
	if len(c.Command) == 0 || slices.ContainsFunc(all, withShell.MatchString) {
		return nil
	}
	for _, argument := range all {
		for _, m := range shellReference.FindAllStringSubmatch(strings.ReplaceAll(argument, "$$", ""), -1) {
			if name := m[1] + m[2]; !slices.Contains(names, name) {
				names = append(names, redact.Line(name))
			}
		}
	}
	return names
}

// unmounted reports whether the file is one at which no volume of the container is mounted, nor above it. Of a path that is not absolute or
// that refers to a variable, it is unknown, and false.
func unmounted(c *corev1.Container, file string) bool {
	if !path.IsAbs(file) || strings.Contains(file, "$") {
		return false
	}
	plain := func(p string) string { // /var/run is a link to /run in most images
		if p = path.Clean(p); strings.HasPrefix(p+"/", "/var/run/") {
			return strings.TrimPrefix(p, "/var")
		}
		return p
	}
	return !slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool {
		return strings.HasPrefix(plain(file)+"/", strings.TrimSuffix(plain(m.MountPath), "/")+"/")
	})
}

// undefined returns the variables to which others of the container refer and that it does not define. Where it has envFrom, that may define
// them, and none are returned.
func undefined(c *corev1.Container) (names []string) {
	if len(c.EnvFrom) > 0 {
		return nil
	}
	for _, e := range c.Env {
		for _, m := range reference.FindAllStringSubmatch(strings.ReplaceAll(e.Value, "$$", ""), -1) {
			defined := slices.ContainsFunc(c.Env, func(other corev1.EnvVar) bool { return other.Name == m[1] })
			if !defined && !slices.Contains(names, m[1]) {
				names = append(names, redact.Line(m[1]))
			}
		}
	}
	return names
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
