package checks

import (
	"fmt"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// statusGrace is how long a controller may take to say something of a new object: they do within seconds.
const statusGrace = time.Minute

// isNew says whether what was created then may not have been seen by its controller yet.
func isNew(created time.Time, list facts.IngressList) bool {
	return created.IsZero() || list.At.Sub(created) < statusGrace
}

// httpRoutes returns the HTTPRoutes that lead to the Service, each as one of its Gateways serves it. That HTTPRoutes could not be read
// is an error; where there are none that is said.
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

// subject is what a finding on the way of an HTTPRoute is about.
type subject struct {
	target, gateway check.Ref
	listener        string
	condition       ingress.Condition // zero where it does not matter which one led to the finding
}

// findingSet collects findings, the first about each subject: routes share Gateways, classes and listeners. Its zero value is empty.
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
