package errtext

import (
	"regexp"
	"slices"
	"sync"
)

// Destination is the kind of the connection's target.
type Destination string

const (
	ToKubelet   Destination = "kubelet"
	ToWebhook   Destination = "webhook"
	ToExtension Destination = "extension-api" // the server behind an APIService, such as metrics-server
	ToService   Destination = "service"       // another connection of the API server: to a pod, a Service, or unnamed
	ToUnknown   Destination = ""              // the text does not even say who connected
)

// destinationPhrases is the phrases by which a destination is recognized.
type destinationPhrases struct {
	to   Destination
	when []string
}

// destinations is ordered: a webhook or an aggregated API is recognized by the phrase before the address, whatever the port; a
// kubelet by its port or the requested path.
var destinations = sync.OnceValue(func() []destinationPhrases {
	all := []destinationPhrases{
		{ToWebhook, []string{
			"calling webhook", "failed to call webhook", "calling admission webhook", "conversion webhook for", "/convert?", ".svc:…?timeout=",
		}},
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
	for i, d := range all {
		all[i].when = squeezed(d.when)
	}
	return all
})

// requestID matches an ID such as those of requests to Azure, whose digits are no port, in text that is squeezed and so in lower case.
var requestID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// destination returns the destination of the connection in t, which is squeezed.
func destination(t string) Destination {
	t = requestID.ReplaceAllString(t, "-")
	for _, d := range destinations() {
		if slices.ContainsFunc(d.when, func(phrase string) bool { return occurs(t, phrase) }) {
			return d.to
		}
	}
	return ToUnknown
}
