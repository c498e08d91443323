package checks

import (
	"fmt"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// statusGrace is how long a controller may take to report on a new object. They do within seconds.
const statusGrace = time.Minute

// isNew reports whether the controller may not have seen an object with that creation time yet.
func isNew(created time.Time, list facts.IngressList) bool {
	return created.IsZero() || list.At.Sub(created) < statusGrace
}

// httpRoutes returns the HTTPRoutes that route to the Service, each as one of its Gateways serves it. It fails if HTTPRoutes
// could not be read. If there are none, the check is skipped.
func httpRoutes(p *check.Pass) (facts.IngressList, []ingress.Ingress, error) {
	list, err := facts.Ingresses.Get(p)
	if err != nil {
		return list, nil, err
	}
	if list.RoutesError != "" {
		return list, nil, fmt.Errorf("HTTPRoutes are unknown: %s", list.RoutesError)
	}
	var routes []ingress.Ingress
	for _, in := range list.Items {
		if in.Gateway != nil {
			routes = append(routes, in)
		}
	}
	if len(routes) == 0 {
		p.Skip("no HTTPRoute routes to the Service")
	}
	return list, routes, nil
}

// subject is what a finding on an HTTPRoute, or on what it references, is about.
type subject struct {
	target, gateway check.Ref
	listener        string
	condition       ingress.Condition // zero if findings with different conditions are the same
}

// findingSet collects findings, the first about each subject: routes share Gateways, classes and listeners. Its zero value is
// empty.
type findingSet struct {
	list []check.Finding
	seen map[subject]bool
}

func (s *findingSet) add(about subject, f check.Finding) {
	if s.seen[about] {
		return
	}
	if s.seen == nil {
		s.seen = map[subject]bool{}
	}
	s.seen[about] = true
	s.list = append(s.list, f)
}
