package checks

import (
	"fmt"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/facts"
	"github.com/akstools/akstools/internal/ingress"
)

// taken is how long a controller may take to say something of a new object: they do within seconds.
const taken = time.Minute

// young says whether what was created then may not have been seen by its controller yet.
func young(created time.Time, list facts.IngressList) bool {
	return created.IsZero() || list.At.Sub(created) < taken
}

// routed returns the HTTPRoutes that lead to the Service, each as one of its Gateways serves it. That HTTPRoutes could not be read
// is an error; where there are none that is said.
func routed(p *check.Pass) (facts.IngressList, []ingress.Ingress, error) {
	list, err := facts.Ingresses.Get(p)
	if err != nil {
		return list, nil, err
	}
	if list.NoRoutes != "" {
		return list, nil, fmt.Errorf("HTTPRoutes are not known: %s", list.NoRoutes)
	}
	var routes []ingress.Ingress
	for _, in := range list.Items {
		if in.Gateway != nil {
			routes = append(routes, in)
		}
	}
	if len(routes) == 0 {
		p.Skip("no HTTPRoute leads to the Service")
	}
	return list, routes, nil
}

// appendNew adds the finding where none says the same of the same object.
func appendNew(fs []check.Finding, f check.Finding) []check.Finding {
	for _, o := range fs {
		if o.Target == f.Target && o.Summary == f.Summary {
			return fs
		}
	}
	return append(fs, f)
}

// decided returns the findings; where none is an error, that something is unknown counts.
func decided(fs []check.Finding, unknown error) ([]check.Finding, error) {
	for _, f := range fs {
		if f.Severity == check.Error {
			return fs, nil
		}
	}
	return fs, unknown
}
