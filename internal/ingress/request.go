package ingress

import "strings"

// Request is a request that tests whether a rule routes to the Service.
type Request struct {
	Rule Rule   `json:"rule"`
	Host string `json:"host,omitempty"` // empty: the rule is for every host
	Path string `json:"path"`
	TLS  bool   `json:"tls,omitempty"`
	// Matches reports whether the rule matches the request. It does not if the user gave a host or path that no rule matches.
	// It is true if only the controller knows.
	Matches bool `json:"meant"`
	// Guessed reports whether the rule may not match the request after all: its path is a pattern, or it has extra matches.
	Guessed bool `json:"guessed,omitempty"`
	// Port is the port of the Gateway's listener; 0 for an Ingress, which uses the controller's port for HTTP or TLS.
	Port int32 `json:"port,omitempty"`
}

// Requests returns one request for each rule that routes to the Service, without duplicates. If host or path is not empty,
// it replaces the rules' own, and only rules that match it are used; if none does, one request is returned that does not
// match. Rules of an HTTPRoute without a listener are left out.
func (i Ingress) Requests(service Backend, host, path string) []Request {
	var matching, others []Request
	for _, r := range i.To(service) {
		listener := i.Gateway.listener(r.Listener)
		if i.Gateway != nil && listener == nil {
			continue
		}
		q := Request{Rule: r, Matches: true}
		q.Host, q.Path, q.Guessed = r.Example()
		if host != "" {
			q.Host, q.Matches = host, r.ForHost(host)
		}
		if path != "" {
			q.Path, q.Guessed = path, false
			is, known := r.ForPath(path)
			q.Matches = q.Matches && (is || !known)
		}
		q.TLS, q.Guessed = i.Secured(q.Host) != nil, q.Guessed || r.ExtraMatches
		if listener != nil {
			q.TLS, q.Port = listener.TLS, listener.Port
		}
		if q.Matches {
			matching = appendNew(matching, q)
		} else {
			others = appendNew(others, q)
		}
	}
	if len(matching) == 0 && len(others) > 0 {
		return others[:1]
	}
	return matching
}

// appendNew appends q unless the list has a request for the same host, path and port.
func appendNew(list []Request, q Request) []Request {
	for _, o := range list {
		if o.Host == q.Host && o.Path == q.Path && o.Port == q.Port {
			return list
		}
	}
	return append(list, q)
}

// Invented reports whether Example made up the host, for a rule with a wildcard host.
func (q Request) Invented() bool {
	return q.Rule.Host != q.Host && strings.HasPrefix(q.Host, "akstools.")
}
