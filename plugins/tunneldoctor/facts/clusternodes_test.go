package facts

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
		simulated        []int
		all              bool
		want             []int
	}{
		"no node":                        {nodes: 0},
		"one node":                       {nodes: 1, want: []int{0}},
		"as many as the limit":           {nodes: 50, want: every(1, 0, 50)},
		"one more than the limit":        {nodes: 51, want: append(every(1, 0, 25), every(1, 26, 51)...)},
		"one less than twice the limit":  {nodes: 99, want: every(2, 0, 99)},
		"all are wanted":                 {nodes: 200, all: true, want: every(1, 0, 200)},
		"a sample of the whole list":     {nodes: 200, want: every(4, 2, 200)},
		"all are Unknown: a sample too":  {nodes: 200, notReady: every(1, 0, 200), want: every(4, 2, 200)},
		"an agent on the last node":      {nodes: 99, agents: []int{98}, want: append(every(2, 1, 99), 98)},
		"agents on more than the limit":  {nodes: 200, agents: every(1, 100, 200), want: every(2, 101, 200)},
		"agents leave no room for down":  {nodes: 200, agents: every(1, 100, 150), notReady: []int{0}, want: every(1, 100, 150)},
		"those not Ready fill only half": {nodes: 100, notReady: every(1, 0, 50), want: append(every(2, 1, 50), every(2, 51, 100)...)},
		"more where there are few others": {
			nodes: 60, notReady: every(1, 0, 40),
			want: slices.Concat(every(4, 0, 40), every(4, 2, 40), every(4, 3, 40), every(1, 40, 60)),
		},
		"few without a machine":  {nodes: 50, simulated: []int{3}, want: every(1, 0, 50)},
		"many without a machine": {nodes: 1000, simulated: every(1, 50, 1000), want: every(1, 0, 1000)},
		"many with a machine":    {nodes: 1000, simulated: every(1, 100, 1000), want: every(2, 1, 100)},
	} {
		t.Run(name, func(t *testing.T) {
			var list NodeList
			for i := range c.nodes {
				n := podhealth.Node{Name: fmt.Sprint(i), Ready: podhealth.Condition{Status: "True"}}
				if slices.Contains(c.notReady, i) {
					n.Ready.Status = "Unknown"
				}
				n.Simulated = slices.Contains(c.simulated, i)
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

// Leases are listed, not read one by one. One that lags is stale only if it is not renewed meanwhile; a lease of no node is ignored.
func TestLeases(t *testing.T) {
	t.Setenv("KUBECONFIG", "/dev/null")
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		requests := 0
		env := &Env{Clients: clientsOf(t, func(r *http.Request) (*http.Response, error) {
			requests++
			if r.URL.Path != "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases" {
				return answerTo(r, http.StatusNotFound, `{"kind":"Status","reason":"NotFound","code":404}`), nil
			}
			var list coordinationv1.LeaseList
			for name, renewed := range map[string]time.Duration{
				"n00": time.Since(start), "n01": -time.Minute, "n02": time.Since(start) - time.Minute, "n03": -time.Minute, "gone": time.Hour,
			} {
				l := coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: name}}
				l.Spec.RenewTime = &metav1.MicroTime{Time: start.Add(renewed)}
				list.Items = append(list.Items, l)
			}
			text, err := json.Marshal(list)
			return answerTo(r, http.StatusOK, string(text)), err
		})}
		list := NodeList{Items: readyNodes(4)}
		list.Items[3].Chosen = false
		list.checkLeases(t.Context(), env)
		var stale []string
		for _, n := range list.Items {
			if n.Stale {
				stale = append(stale, n.Name)
			}
		}
		if !slices.Equal(stale, []string{"n01"}) || requests != 2 || !list.At.Equal(start) || time.Since(start) != leaseRenewWait {
			t.Errorf("stale: %v after %d requests; the newest is of %s", stale, requests, list.At)
		}
	})
}
