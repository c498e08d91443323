package ingress

import (
	"cmp"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// Covers reports whether the host of a rule, or a name of a certificate, is for the host: *.example.com is for www.example.com,
// neither for example.com nor for a.b.example.com (https://kubernetes.io/docs/concepts/services-networking/ingress/#hostname-wildcards).
func Covers(pattern, host string) bool {
	pattern, host = strings.ToLower(pattern), strings.ToLower(strings.TrimSuffix(host, "."))
	if zone, ok := strings.CutPrefix(pattern, "*."); ok {
		first, rest, found := strings.Cut(host, ".")
		return found && first != "" && rest == zone
	}
	return pattern == host
}

// Below is Covers by the Gateway API's rules: *.example.com is for a.b.example.com too
// (https://gateway-api.sigs.k8s.io/reference/spec/#hostname).
func Below(pattern, host string) bool {
	zone, ok := strings.CutPrefix(strings.ToLower(pattern), "*")
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return ok && len(host) > len(zone) && strings.HasSuffix(host, zone) || zone == host
}

// ForHost reports whether the rule is for requests for the host.
func (r Rule) ForHost(host string) bool {
	if r.ofRoute() {
		return r.Host == "" || Below(r.Host, host)
	}
	return r.Host == "" || Covers(r.Host, host)
}

// ofRoute reports whether the rule is an HTTPRoute's: these write the type of a path otherwise.
func (r Rule) ofRoute() bool { return r.Listener != "" || r.PathType == pathPrefix }

// ForPath reports whether the rule is for requests for the path. What a path of type ImplementationSpecific means is the
// controller's affair: known is then false.
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

// prefixed compares element by element: /a is a prefix of /a and of /a/b, not of /ab; a slash at the end counts for nothing.
func prefixed(prefix, path string) bool {
	prefix = strings.TrimSuffix(prefix, "/")
	rest, ok := strings.CutPrefix(path, prefix)
	return ok && (rest == "" || rest[0] == '/')
}

// Example returns a host and a path that the rule is for; guessed says that the path is a pattern, of which only the beginning
// is taken, so that the rule may not be for it.
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

// For returns the rules with a host that are for the host and, where it is not empty, for the path or may be.
func (i Ingress) For(host, path string) []Rule {
	return slices.DeleteFunc(slices.Clone(i.Rules), func(r Rule) bool {
		if r.Host == "" || !r.ForHost(host) {
			return true
		}
		is, known := r.ForPath(path)
		return path != "" && !is && known
	})
}

// Compare orders rules that are for one request: a host itself goes before a zone, an exact path before a prefix, a longer path
// before a shorter one (https://kubernetes.io/docs/concepts/services-networking/ingress/#multiple-matches).
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

// Overlaps reports whether the rules are for the same requests, as far as that is known: for one host, by paths that are alike. One that asks
// for a method goes before one that does not.
func (r Rule) Overlaps(o Rule) bool {
	return r.Listener == o.Listener && !r.Asks && !o.Asks && !r.Method && !o.Method && strings.EqualFold(r.Host, o.Host) && r.PathType == o.PathType && r.PathType != "" && strings.TrimSuffix(r.Path, "/") == strings.TrimSuffix(o.Path, "/")
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
	path := host + ", path " + r.Path + " (" + r.PathType + ")"
	if r.Listener != "" {
		path += ", listener " + r.Listener
	}
	return path
}
