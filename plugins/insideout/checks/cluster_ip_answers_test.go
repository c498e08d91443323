package checks

import (
	"testing"

	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// Of two pods one refuses: once in eight times all three connections to the ClusterIP meet it, and kube-proxy is well.
func TestMetFailingPods(t *testing.T) {
	port := endpoints.Port{Number: 80, Protocol: "TCP"}
	pods := func(outcomes ...string) facts.AppAnswers {
		var all facts.AppAnswers
		for _, o := range outcomes {
			all.Items = append(all.Items, facts.AppAnswer{Service: port, Answer: endpoints.Answer{Connect: o}})
		}
		return all
	}
	const ok, refused, lost = endpoints.Connected, endpoints.Refused, endpoints.TimedOut
	for name, c := range map[string]struct {
		pods facts.AppAnswers
		bad  []string
		want bool
	}{
		"one of two":           {pods(ok, refused), []string{refused, refused, refused}, true},
		"one of two, once":     {pods(ok, refused), []string{refused}, true},
		"none":                 {pods(ok, ok), []string{refused, refused, refused}, false},
		"another way":          {pods(ok, refused), []string{lost, lost, lost}, false},
		"two ways":             {pods(ok, refused), []string{refused, lost, refused}, false},
		"one of many":          {pods(ok, ok, ok, ok, ok, ok, ok, ok, ok, refused), []string{refused, refused, refused}, false},
		"one of many, once":    {pods(ok, ok, ok, ok, ok, ok, ok, ok, ok, refused), []string{refused}, true},
		"lost from here, both": {pods(ok, lost), []string{lost, lost, lost}, true},
	} {
		if got := metFailingPods(c.pods, port, c.bad); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
