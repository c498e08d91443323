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
	// Guessed says that the rule's path is a pattern, and the request's one that it may not be for.
	Guessed bool `json:"guessed,omitempty"`
}

// Requests returns one for each rule that leads to the Service, but no two that are alike. A host or path that is not empty is
// asked for in place of the rules' own, by the rules that are for it; where none is, by one that is not.
func (i Ingress) Requests(service, host, path string) []Request {
	var meant, others []Request
	for _, r := range i.To(service) {
		q := Request{Rule: r, Meant: true}
		if q.Host, q.Path, q.Guessed = r.Example(); host != "" {
			q.Host, q.Meant = host, r.ForHost(host)
		}
		if path != "" {
			q.Path, q.Guessed = path, false
			is, known := r.ForPath(path)
			q.Meant = q.Meant && (is || !known)
		}
		q.TLS = i.Secured(q.Host) != nil
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
		if o.Host == q.Host && o.Path == q.Path {
			return list
		}
	}
	return append(list, q)
}

// Invented says whether the host is one of ours, for a rule that is for every name of a zone.
func (q Request) Invented() bool {
	return q.Rule.Host != q.Host && strings.HasPrefix(q.Host, "akstools.")
}
