package facts

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/testpod"
)

// maxRequested is on how many ports requests are made at most.
const maxRequested = 3

// request makes requests to the target, one after the other, and returns what their sender saw. To each TCP port it sends as many as
// there are pods, and two at least, so that a Service sends some to each of them.
func (c *capturing) request(ctx context.Context) (sent []string, err error) {
	for _, p := range c.target.ports[:min(len(c.target.ports), maxRequested)] {
		host, port, err := c.connectTo(p)
		if err != nil {
			return sent, err
		}
		if p.Protocol == "UDP" {
			answer, err := c.datagram(ctx, p, address(host, port))
			if err != nil {
				return sent, err
			}
			sent = append(sent, answer)
			continue
		}
		r := testpod.Request{
			Address: address(host, port), Protocol: p.expected, NoFallback: true, Timeout: c.Timeout, Path: c.Capture.Path,
			Host: c.Target.Name + "." + c.Target.Namespace + ".svc",
		}
		for range max(2, len(c.target.pods)) {
			c.Notes.Stepf("connecting to %s from %s", r.Address, c.client.name)
			answer, err := testpod.Do(ctx, c.client.dialer, r)
			if err != nil {
				return sent, err
			}
			sent = append(sent, summary(r, answer))
		}
	}
	return sent, nil
}

// connectTo returns the address and port to which the client connects.
func (c *capturing) connectTo(p capturePort) (host string, port int32, err error) {
	s := c.target.service
	switch {
	case c.Capture.Client == CaptureHere:
		if s.LoadBalancer == nil || len(s.LoadBalancer.Addresses) == 0 {
			return "", 0, fmt.Errorf("%s has no load balancer, so it has no address to which this computer could connect: "+
				"send your own requests with --no-request", c.Target)
		}
		return s.LoadBalancer.Addresses[0], p.Number, nil
	case s.ClusterIP != "":
		return s.ClusterIP, p.Number, nil
	case len(p.targets) == 0:
		return "", 0, fmt.Errorf("the pods have no port %s", p.TargetPort)
	}
	return c.target.pods[0].Status.PodIP, p.targets[0], nil
}

// datagram sends a DNS query: to a server of another protocol, it is just a datagram.
func (c *capturing) datagram(ctx context.Context, p capturePort, to string) (string, error) {
	if c.client.testPod == nil {
		return fmt.Sprintf("%s: nothing was sent, since only a test pod sends datagrams", p), nil
	}
	answers, err := c.client.testPod.QueryDNS(ctx, []testpod.Request{{Address: to, Timeout: c.Timeout}})
	if err != nil {
		return "", err
	}
	return "DNS query to " + to + ": " + cmp.Or(answers[0].Connect, "no answer"), nil
}

// summary says what became of a request.
func summary(r testpod.Request, a endpoints.Answer) string {
	text := r.Address + ": " + a.Connect
	if a.Spoken != "" {
		text += ", " + a.Spoken
	}
	if a.Status != 0 {
		text += fmt.Sprintf(", %d %s", a.Status, http.StatusText(a.Status))
	}
	return text
}
