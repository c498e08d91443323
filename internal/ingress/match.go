package ingress

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// Covers says whether the host of a rule, or a name of a certificate, is for the host: *.example.com is for www.example.com,
// neither for example.com nor for a.b.example.com (https://kubernetes.io/docs/concepts/services-networking/ingress/#hostname-wildcards).
func Covers(pattern, host string) bool {
	pattern, host = strings.ToLower(pattern), strings.ToLower(strings.TrimSuffix(host, "."))
	if zone, ok := strings.CutPrefix(pattern, "*."); ok {
		first, rest, found := strings.Cut(host, ".")
		return found && first != "" && rest == zone
	}
	return pattern == host
}

// ForHost says whether the rule is for requests for the host.
func (r Rule) ForHost(host string) bool { return r.Host == "" || Covers(r.Host, host) }

// ForPath says whether the rule is for requests for the path. What a path of type ImplementationSpecific means is the
// controller's affair: known is then false.
func (r Rule) ForPath(path string) (is, known bool) {
	path, _, _ = strings.Cut(path, "?")
	switch r.PathType {
	case "":
		return true, true
	case string(networkingv1.PathTypeExact):
		return r.Path == path, true
	case string(networkingv1.PathTypePrefix):
		return prefixed(r.Path, path), true
	}
	return false, false
}

// prefixed compares element by element: /a is a prefix of /a and of /a/b, not of /ab; a slash at the end counts for nothing.
func prefixed(prefix, path string) bool {
	prefix = strings.TrimSuffix(prefix, "/")
	rest, ok := strings.CutPrefix(path, prefix)
	return ok && (rest == "" || rest[0] == '/')
}

// Example returns a host and a path that the rule is for. The path of a type that only the controller knows is given where it
// looks like a path and not like a pattern.
func (r Rule) Example() (host, path string) {
	host, path = r.Host, r.Path
	if zone, ok := strings.CutPrefix(host, "*."); ok {
		host = "akstools." + zone
	}
	if path == "" || !strings.HasPrefix(path, "/") || r.PathType == string(networkingv1.PathTypeImplementationSpecific) && strings.ContainsAny(path, `*()[]{}|^$\?+`) {
		path = "/"
	}
	return host, path
}

// Overlaps says whether the rules are for the same requests, as far as that is known: for one host, by paths that are alike.
func (r Rule) Overlaps(o Rule) bool {
	return strings.EqualFold(r.Host, o.Host) && r.PathType == o.PathType && r.PathType != "" && strings.TrimSuffix(r.Path, "/") == strings.TrimSuffix(o.Path, "/")
}

// String is the rule in words.
func (r Rule) String() string {
	if r.PathType == "" {
		return "the default backend"
	}
	host := r.Host
	if host == "" {
		host = "every host"
	}
	return host + ", path " + r.Path + " (" + r.PathType + ")"
}
