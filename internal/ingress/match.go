package ingress

import (
	"cmp"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// matchesHost reports whether the host of an Ingress's rule or TLS entry matches the host: *.example.com matches
// www.example.com, but neither example.com nor a.b.example.com
// (https://kubernetes.io/docs/concepts/services-networking/ingress/#hostname-wildcards).
func matchesHost(pattern, host string) bool {
	pattern, host = strings.ToLower(pattern), strings.ToLower(strings.TrimSuffix(host, "."))
	if zone, ok := strings.CutPrefix(pattern, "*."); ok {
		first, rest, found := strings.Cut(host, ".")
		return found && first != "" && rest == zone
	}
	return pattern == host
}

// matchesRouteHost is matchesHost by the rules of the Gateway API: *.example.com matches a.b.example.com too
// (https://gateway-api.sigs.k8s.io/reference/spec/#hostname).
func matchesRouteHost(pattern, host string) bool {
	zone, ok := strings.CutPrefix(strings.ToLower(pattern), "*")
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return ok && len(host) > len(zone) && strings.HasSuffix(host, zone) || zone == host
}

// ForHost reports whether the rule matches requests for the host.
func (r Rule) ForHost(host string) bool {
	if r.ofRoute() {
		return r.Host == "" || matchesRouteHost(r.Host, host)
	}
	return r.Host == "" || matchesHost(r.Host, host)
}

// ofRoute reports whether the rule is an HTTPRoute's, whose path types are spelled differently.
func (r Rule) ofRoute() bool { return r.Listener != "" || r.PathType == pathPrefix }

// ForPath reports whether the rule matches requests for the path. For the path type ImplementationSpecific it depends on
// the controller: known is then false.
func (r Rule) ForPath(path string) (is, known bool) {
	path, _, _ = strings.Cut(path, "?")
	switch r.PathType {
	case "":
		return true, true
	case string(networkingv1.PathTypeExact):
		return r.Path == path, true
	case string(networkingv1.PathTypePrefix), pathPrefix:
		return prefixed(r.Path, path), true
	}
	return false, false
}

// prefixed compares element by element: /a is a prefix of /a and /a/b, but not of /ab. A trailing slash is ignored.
func prefixed(prefix, path string) bool {
	prefix = strings.TrimSuffix(prefix, "/")
	rest, ok := strings.CutPrefix(path, prefix)
	return ok && (rest == "" || rest[0] == '/')
}

// Example returns a host and a path for the rule. guessed reports whether the rule's path is a pattern: then path is only its
// literal start, which the rule may not match.
func (r Rule) Example() (host, path string, guessed bool) {
	host, path = r.Host, r.Path
	if zone, ok := strings.CutPrefix(host, "*."); ok {
		host = "akstools." + zone
	}
	if i := strings.IndexAny(path, "*()[]{}|^$\\?+"); i >= 0 && r.PathType != string(networkingv1.PathTypeExact) {
		path, guessed = path[:i], true
	}
	if !strings.HasPrefix(path, "/") {
		path = "/"
	}
	return host, path, guessed
}

// For returns the rules with a host that match the host and match, or may match, the path; an empty path is not compared.
func (i Ingress) For(host, path string) []Rule {
	return slices.DeleteFunc(slices.Clone(i.Rules), func(r Rule) bool {
		if r.Host == "" || !r.ForHost(host) {
			return true
		}
		is, known := r.ForPath(path)
		return path != "" && !is && known
	})
}

// Preceding returns the rule of Empty that takes the request for the host and path before the rule r does; ok is false if there is none.
func (i Ingress) Preceding(r Rule, host, path string) (empty Rule, ok bool) {
	for _, o := range i.Empty {
		is, known := o.ForPath(path)
		if o.Listener == r.Listener && o.plain() && o.ForHost(host) && is && known && o.Compare(r) > 0 {
			return o, true
		}
	}
	return empty, false
}

// Compare orders rules that match the same request by precedence, the highest being the greatest: a host before a wildcard,
// an exact path before a prefix, a longer path before a shorter one
// (https://kubernetes.io/docs/concepts/services-networking/ingress/#multiple-matches).
func (r Rule) Compare(o Rule) int {
	rank := func(yes bool) int {
		if yes {
			return 1
		}
		return 0
	}
	exact := string(networkingv1.PathTypeExact)
	return cmp.Or(
		rank(!strings.HasPrefix(r.Host, "*."))-rank(!strings.HasPrefix(o.Host, "*.")),
		rank(r.PathType == exact)-rank(o.PathType == exact),
		cmp.Compare(len(strings.TrimSuffix(r.Path, "/")), len(strings.TrimSuffix(o.Path, "/"))),
	)
}

// Overlaps reports whether the rules certainly match the same requests: those for the same host and path. Rules with more
// matches do not overlap: one for a method, for example, takes precedence over one for all methods.
func (r Rule) Overlaps(o Rule) bool {
	return r.plain() && o.plain() && r.Listener == o.Listener && strings.EqualFold(r.Host, o.Host) &&
		r.PathType == o.PathType && strings.TrimSuffix(r.Path, "/") == strings.TrimSuffix(o.Path, "/")
}

// plain reports whether the rule matches by host and path only. The default backend does not.
func (r Rule) plain() bool { return r.PathType != "" && !r.ExtraMatches && !r.Method }

// String returns the rule as it is written in a sentence.
func (r Rule) String() string {
	if r.PathType == "" {
		return "the default backend"
	}
	host := r.Host
	if host == "" {
		host = "every host"
	}
	path := host + ", path " + r.Path + " (" + r.PathType + ")"
	if r.Listener != "" {
		path += ", listener " + r.Listener
	}
	return path
}
