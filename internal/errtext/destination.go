package errtext

import (
	"slices"
	"strings"
	"sync"
)

// Destination is what the connection led to.
type Destination string

const (
	ToKubelet   Destination = "kubelet"
	ToWebhook   Destination = "webhook"
	ToExtension Destination = "extension-api" // the server behind an APIService, such as metrics-server
	ToService   Destination = "service"       // a pod or a Service, or what the text does not name, from the API server's side
	ToUnknown   Destination = ""              // the text does not tell even who connected
)

// way is phrases by which a destination is known.
type way struct {
	to   Destination
	when []string
}

// ways is in the order of looking: a webhook or an aggregated API is known by the phrase before the address, whatever the
// port; a kubelet by its port or by the path that is asked of it.
var ways = sync.OnceValue(func() []way {
	all := []way{
		{ToWebhook, []string{"calling webhook", "failed to call webhook"}},
		{ToExtension, []string{
			"failing or missing response from", "timed out waiting for https://", "bad status from https://", ".metrics.k8s.io failed with",
			"couldn't get resource list for", "FailedDiscoveryCheck",
		}},
		{ToKubelet, []string{":10250", "/containerLogs/"}},
		{ToService, []string{
			"error dialing backend", "proxy error from", "error trying to reach service", "dialing proxy", "reading HTTP response from CONNECT",
			"Internal error occurred: error sending request",
		}},
	}
	for i, w := range all {
		all[i].when = squeezed(w.when)
	}
	return all
})

// destination says what the connection of t, which is squeezed, led to.
func destination(t string) Destination {
	for _, w := range ways() {
		if slices.ContainsFunc(w.when, func(phrase string) bool { return strings.Contains(t, phrase) }) {
			return w.to
		}
	}
	return ToUnknown
}
