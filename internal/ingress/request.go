package ingress

import "strings"

// Request is one by which it is tried whether a rule leads to the Service.
type Request struct {
	Rule Rule   `json:"rule"`
	Host string `json:"host,omitempty"` // empty: the rule is for every host
	Path string `json:"path"`
	TLS  bool   `json:"tls,omitempty"`
	// Meant says that the rule is for the request, which is not so where the user named a host or path that no rule is for. It is
	// true where only the controller knows.
	Meant bool `json:"meant"`
	// Guessed says that the rule's path is a pattern, or that it asks for more than a host and path: it may not be for the request.
	Guessed bool `json:"guessed,omitempty"`
	// Port is the listener's of the Gateway; 0 for an Ingress: the controller's for HTTP or TLS.
	Port int32 `json:"port,omitempty"`
}

// Requests returns one for each rule that leads to the Service, but no two that are alike. A host or path that is not empty is
// asked for in place of the rules' own, by the rules that are for it; where none is, by one that is not. An HTTPRoute's rule by
// which no listener leads requests makes none.
func (i Ingress) Requests(service Backend, host, path string) []Request {
	var meant, others []Request
	for _, r := range i.To(service) {
		listener := i.Gateway.listener(r.Listener)
		if i.Gateway != nil && listener == nil {
			continue
		}
		q := Request{Rule: r, Meant: true}
		if q.Host, q.Path, q.Guessed = r.Example(); host != "" {
			q.Host, q.Meant = host, r.ForHost(host)
		}
		if path != "" {
			q.Path, q.Guessed = path, false
			is, known := r.ForPath(path)
			q.Meant = q.Meant && (is || !known)
		}
		q.TLS, q.Guessed = i.Secured(q.Host) != nil, q.Guessed || r.Asks
		if listener != nil {
			q.TLS, q.Port = listener.TLS, listener.Port
		}
		if q.Meant {
			meant = appendOther(meant, q)
		} else {
			others = appendOther(others, q)
		}
	}
	if len(meant) == 0 && len(others) > 0 {
		return others[:1]
	}
	return meant
}

func appendOther(list []Request, q Request) []Request {
	for _, o := range list {
		if o.Host == q.Host && o.Path == q.Path && o.Port == q.Port {
			return list
		}
	}
	return append(list, q)
}

// Invented reports whether the host is one of ours, for a rule that is for every name of a zone.
func (q Request) Invented() bool {
	return q.Rule.Host != q.Host && strings.HasPrefix(q.Host, "akstools.")
}
