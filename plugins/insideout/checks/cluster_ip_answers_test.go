package checks

import (
	"testing"

	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// TestPodsSilent: the ClusterIP is not blamed for a port on which the pods themselves do not answer.
func TestPodsSilent(t *testing.T) {
	web, metrics := endpoints.Port{Name: "http", Protocol: "TCP", Number: 80}, endpoints.Port{Name: "metrics", Protocol: "TCP", Number: 9090}
	answers := facts.AppAnswers{Items: []facts.AppAnswer{
		{Service: web, Answer: endpoints.Answer{Connect: endpoints.Connected}},
		{Service: web, Answer: endpoints.Answer{Connect: endpoints.TimedOut}},
		{Service: metrics, Answer: endpoints.Answer{Connect: endpoints.TimedOut}},
	}}
	for port, want := range map[endpoints.Port]bool{web: false, metrics: true, {Name: "dns", Protocol: "UDP", Number: 53}: false} {
		if got := podsSilent(answers, port); got != want {
			t.Errorf("%s: %v", port.Name, got)
		}
	}
}
