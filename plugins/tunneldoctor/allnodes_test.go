package tunneldoctor

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/plugins/tunneldoctor/checks"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// largeCluster answers the API requests about a cluster without a tunnel. Limits of the client and of time are what is tested, not what
// a real API server does.
type largeCluster struct {
	nodes   int
	latency time.Duration
	// logs answers a request for a log of the node; nil: with a line. With code 0 there is no answer.
	logs     func(node int) (code int)
	requests atomic.Int64
}

// RoundTrip implements http.RoundTripper.
func (c *largeCluster) RoundTrip(r *http.Request) (*http.Response, error) {
	c.requests.Add(1)
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case <-time.After(c.latency):
	}
	code, body := c.answer(r)
	if code == 0 {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	text, ok := body.(string)
	if !ok {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		text = string(b)
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if code == http.StatusTooManyRequests {
		header.Set("Retry-After", "2")
	}
	return &http.Response{StatusCode: code, Header: header, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
}

func (c *largeCluster) answer(r *http.Request) (code int, body any) {
	const log = "/api/v1/namespaces/kube-system/pods/agent-"
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, log):
		var node int
		if _, err := fmt.Sscanf(strings.TrimPrefix(path, log), "%d", &node); err != nil {
			return http.StatusBadRequest, err.Error()
		}
		if c.logs != nil {
			if code := c.logs(node); code != http.StatusOK {
				return code, metav1.Status{Code: int32(code), Reason: metav1.StatusReasonTooManyRequests, Message: "busy"}
			}
		}
		return http.StatusOK, "a line\n"
	case path == "/version":
		return http.StatusOK, `{"gitVersion":"v1.35.0"}`
	case path == "/api/v1/nodes":
		var list corev1.NodeList
		for i := range c.nodes {
			list.Items = append(list.Items, corev1.Node{
				ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("n%04d", i), UID: types.UID(fmt.Sprint(i))},
				Status: corev1.NodeStatus{
					Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}},
					Addresses:  []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: fmt.Sprintf("10.1.%d.%d", i/256, i%256)}},
				},
			})
		}
		return http.StatusOK, list
	case path == "/api/v1/namespaces/kube-system/pods":
		_, name, _ := strings.Cut(r.URL.Query().Get("fieldSelector"), "spec.nodeName=n")
		name, _, _ = strings.Cut(name, ",")
		return http.StatusOK, corev1.PodList{Items: []corev1.Pod{{
			ObjectMeta: metav1.ObjectMeta{Name: "agent-" + name},
			Status: corev1.PodStatus{
				ContainerStatuses: []corev1.ContainerStatus{{Name: "c", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}},
			},
		}}}
	case path == "/apis/apps/v1/namespaces/kube-system/deployments/konnectivity-agent":
		return http.StatusOK, appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "konnectivity-agent"}}
	}
	return http.StatusNotFound, metav1.Status{Code: http.StatusNotFound, Reason: metav1.StatusReasonNotFound}
}

// allNodes returns the attempts to read logs with --all-nodes, the result of the check of them, and how long that took.
func allNodes(t *testing.T, c *largeCluster) (attempts []facts.Attempts, result check.Result, took time.Duration) {
	t.Helper()
	t.Setenv("KUBECONFIG", "/dev/null")
	synctest.Test(t, func(t *testing.T) {
		flags := genericclioptions.NewConfigFlags(false)
		flags.APIServer = ptr.To("http://cluster.invalid")
		flags.WrapConfigFn = func(config *rest.Config) *rest.Config {
			config.Transport = c
			return config
		}
		app := &cli.App{Flags: flags, Streams: genericiooptions.NewTestIOStreamsDiscard()}
		o := newOptions(app)
		o.bind(&cobra.Command{})
		o.allNodes, o.noCreate = true, true
		clients, err := kube.New(flags)
		if err != nil {
			t.Fatal(err)
		}
		env, err := o.env(clients)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if attempts, err = facts.LogAttempts.From(t.Context(), env); err != nil {
			t.Fatal(err)
		}
		took = time.Since(start)
		alone := *checks.LogsCanBeRead
		alone.After = nil
		result = check.Run(t.Context(), []*check.Check{&alone}, &env.Memo, nil)[0]
	})
	return attempts, result, took
}

// counts returns of how many nodes logs were read, failed and were not tried.
func counts(attempts []facts.Attempts) (read, failed, untried int) {
	for _, t := range attempts {
		switch {
		case len(t.Errors) > 0:
			failed++
		case t.Succeeded > 0:
			read++
		case t.NotTried:
			untried++
		}
	}
	return read, failed, untried
}

// With --all-nodes every node is tried, if the time for that many suffices. Otherwise the report says how many were not; neither this
// client's limits nor a busy API server make a node fail.
func TestAllNodes(t *testing.T) {
	const n = 5000
	busy := func(int) int { return http.StatusTooManyRequests }
	for name, c := range map[string]struct {
		cluster               *largeCluster
		read, failed, untried [2]int // at least and at most
		status                check.Status
		within                time.Duration
		text                  []string // in the error, or in a finding
	}{
		"healthy": {
			&largeCluster{nodes: n, latency: 20 * time.Millisecond},
			[2]int{n, n},
			[2]int{},
			[2]int{},
			check.Passed, 8 * time.Minute, nil,
		},
		"slow": {
			&largeCluster{nodes: n, latency: 1500 * time.Millisecond},
			[2]int{2900, 3100},
			[2]int{},
			[2]int{1900, 2100},
			check.Unknown, 20 * time.Minute,
			[]string{"logs could not be tried on ", " of 5000 nodes: n", " more: not tried: the time for all attempts was over"},
		},
		"no node answers": {
			&largeCluster{nodes: n, logs: func(int) int { return 0 }},
			[2]int{},
			[2]int{50, 60},
			[2]int{4940, 4950},
			check.Fail, 2 * time.Minute,
			[]string{
				"no answer within 8 s", "similar findings about 4", " more nodes: n", "logs could not be tried on 49", " of 5000 nodes: n",
				"not tried: logs could be read from none of the first 50 nodes",
			},
		},
		"a tenth do not answer": {
			&largeCluster{nodes: n, logs: func(i int) int { return map[bool]int{false: http.StatusOK}[i%10 == 9] }},
			[2]int{4500, 4500},
			[2]int{500, 500},
			[2]int{},
			check.Fail, 20 * time.Minute,
			[]string{"similar findings about 490 more nodes: n0109, n0119, n0129 and 487 more"},
		},
		"the API server is busy": {
			&largeCluster{nodes: 100, logs: busy},
			[2]int{},
			[2]int{},
			[2]int{100, 100},
			check.Unknown, 20 * time.Minute,
			[]string{"logs could not be tried on any node: "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			attempts, r, took := allNodes(t, c.cluster)
			read, failed, untried := counts(attempts)
			t.Logf("read %d, failed %d, not tried %d in %s with %d requests", read, failed, untried, took, c.cluster.requests.Load())
			for what, count := range map[string][3]int{
				"read": {read, c.read[0], c.read[1]}, "failed": {failed, c.failed[0], c.failed[1]}, "not tried": {untried, c.untried[0], c.untried[1]},
			} {
				if count[0] < count[1] || count[0] > count[2] {
					t.Errorf("%d nodes were %s, want %d to %d", count[0], what, count[1], count[2])
				}
			}
			if len(attempts) != c.cluster.nodes || r.Status != c.status || took > c.within {
				t.Errorf("attempts on %d nodes within %s: %s %s", len(attempts), took, r.Status, r.Error)
			}
			text := r.Error
			for _, f := range r.Findings {
				text += "\n" + f.Summary + ": " + f.Cause
			}
			for _, want := range c.text {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not in: %s", want, text)
				}
			}
		})
	}
}
