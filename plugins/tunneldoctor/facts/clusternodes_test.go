package facts

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/akstools/akstools/internal/podhealth"
)

// every returns the numbers from first up to, and without, end.
func every(step, first, end int) []int {
	var list []int
	for i := first; i < end; i += step {
		list = append(list, i)
	}
	return list
}

// Small clusters are tried as a whole. In others, 50 nodes are: those with agents, those that are not Ready, and a sample of the rest.
func TestChoose(t *testing.T) {
	for name, c := range map[string]struct {
		nodes            int
		agents, notReady []int // the numbers of the nodes with agents, and of those that are not Ready
		all              bool
		want             []int
	}{
		"no node":                        {nodes: 0},
		"one node":                       {nodes: 1, want: []int{0}},
		"as many as the limit":           {nodes: 50, want: every(1, 0, 50)},
		"one more than the limit":        {nodes: 51, want: every(1, 0, 50)},
		"all are wanted":                 {nodes: 200, all: true, want: every(1, 0, 200)},
		"a sample of the whole list":     {nodes: 200, want: every(4, 0, 200)},
		"all are Unknown: a sample too":  {nodes: 200, notReady: every(1, 0, 200), want: append(every(1, 0, 29), every(8, 32, 200)...)},
		"an agent on the last node":      {nodes: 100, agents: []int{99}, want: append(every(2, 0, 98), 99)},
		"agents on more than the limit":  {nodes: 200, agents: every(1, 100, 200), want: every(1, 100, 150)},
		"agents leave no room for down":  {nodes: 200, agents: every(1, 100, 150), notReady: []int{0}, want: every(1, 100, 150)},
		"few are not Ready":              {nodes: 200, notReady: []int{9, 199}, want: append(every(4, 0, 192), 9, 199)},
		"an agent's node is not Ready":   {nodes: 200, agents: []int{1}, notReady: []int{1, 2}, want: append(every(4, 0, 192), 1, 2)},
		"those not Ready fill only half": {nodes: 200, notReady: every(2, 1, 99), want: append(every(2, 1, 51), every(8, 0, 200)...)},
	} {
		t.Run(name, func(t *testing.T) {
			var list NodeList
			for i := range c.nodes {
				n := podhealth.Node{Name: fmt.Sprint(i), Ready: podhealth.Condition{Status: "True"}}
				if slices.Contains(c.notReady, i) {
					n.Ready.Status = "Unknown"
				}
				list.Items = append(list.Items, n)
			}
			holds := map[string]bool{"not a node": true}
			for _, i := range c.agents {
				holds[fmt.Sprint(i)] = true
			}
			list.choose(holds, c.all)
			var got []int
			for i, n := range list.Items {
				if n.Chosen {
					got = append(got, i)
				}
			}
			slices.Sort(c.want)
			if diff := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
