package insideout

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// largeNamespace answers the API requests about a namespace "shop" with many Services, each of which selects app=shop, and pods that none
// selects at first. What is tested is what this program requests, not what a real API server does.
type largeNamespace struct {
	services, pods int
	latency        time.Duration // of a list of all pods

	mu       sync.Mutex
	requests map[string]int // by resource; pods' metadata apart
}

// RoundTrip implements http.RoundTripper.
func (n *largeNamespace) RoundTrip(r *http.Request) (*http.Response, error) {
	resource := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	if strings.Contains(r.Header.Get("Accept"), "PartialObjectMetadata") {
		resource += " metadata"
	}
	n.mu.Lock()
	n.requests[resource]++
	n.mu.Unlock()
	code, body := http.StatusOK, any(map[string]any{"items": []any{}, "metadata": map[string]any{}})
	q := r.URL.Query()
	switch resource {
	case "services":
		var list corev1.ServiceList
		for i := range n.services {
			list.Items = append(list.Items, shopService(i))
		}
		body = list
	case "s0":
		body = shopService(0)
	case "s1":
		body = shopService(1)
	case "pods":
		if q.Get("labelSelector") != "" {
			body = corev1.PodList{Items: []corev1.Pod{{ObjectMeta: metav1.ObjectMeta{Name: "new"}}}}
			break
		}
		time.Sleep(n.latency)
		first, end := 0, n.pods
		_, _ = fmt.Sscan(q.Get("continue"), &first)
		list := corev1.PodList{ListMeta: metav1.ListMeta{ResourceVersion: "9"}}
		if q.Get("limit") != "" && first+500 < n.pods {
			end = first + 500
			list.Continue = fmt.Sprint(end)
		}
		for i := first; i < end; i++ {
			list.Items = append(
				list.Items,
				corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint(i), Labels: map[string]string{"app": "other"}}},
			)
		}
		body = list
	case "pods metadata", "endpointslices", "deployments", "statefulsets", "daemonsets":
	default:
		code, body = http.StatusNotFound, metav1.Status{Code: http.StatusNotFound, Reason: metav1.StatusReasonNotFound}
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: code, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(string(text))),
	}, nil
}

func shopService(i int) corev1.Service {
	name := fmt.Sprintf("s%d", i)
	return corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name, UID: types.UID(name)},
		Spec: corev1.ServiceSpec{
			Type: corev1.ServiceTypeClusterIP, ClusterIP: "10.0.0.1", Selector: map[string]string{"app": "shop"},
			Ports: []corev1.ServicePort{{Port: 80}},
		},
	}
}

// options returns those of -A --no-probe for the namespace.
func (n *largeNamespace) options(t *testing.T) *options {
	t.Helper()
	n.requests = map[string]int{}
	flags := genericclioptions.NewConfigFlags(false)
	flags.APIServer = ptr.To("http://cluster.invalid")
	flags.WrapConfigFn = func(config *rest.Config) *rest.Config {
		config.Transport = n
		return config
	}
	o := newOptions(&cli.App{Flags: flags, Streams: genericiooptions.NewTestIOStreamsDiscard()})
	o.bind(&cobra.Command{})
	o.allNamespaces, o.noProbe = true, true
	return o
}

// Pods, EndpointSlices and workloads of a namespace are read once for all of its Services. What was gathered about each is dropped.
func TestAllReadsOnce(t *testing.T) {
	t.Setenv("KUBECONFIG", "/dev/null")
	n := &largeNamespace{services: 20, pods: 5000}
	o := n.options(t)
	reports, envs, err := o.diagnose(t.Context(), nil)
	if err != nil || len(reports) != n.services {
		t.Fatalf("%d reports, %v", len(reports), err)
	}
	for _, r := range reports {
		if r.Verdict.Code != "INS0101" {
			t.Errorf("%s: %+v", r.Target, r.Verdict)
		}
	}
	got := map[string]int{}
	for _, resource := range []string{"pods", "pods metadata", "deployments", "statefulsets", "daemonsets"} {
		got[resource] = n.requests[resource]
	}
	want := map[string]int{
		"pods": 2, "pods metadata": 0, "deployments": 1, "statefulsets": 1, "daemonsets": 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, e := range envs {
		if e != nil {
			t.Errorf("what was gathered about %s is kept", e.Target)
		}
	}
	o.logs = true
	if _, envs, err = o.diagnose(t.Context(), nil); err != nil || len(envs) != n.services || envs[0] == nil {
		t.Errorf("with --logs: %d Envs, %v", len(envs), err)
	}
}

// A verdict other than healthy that is based on an old list is confirmed on what is read anew.
func TestOldListsAreConfirmed(t *testing.T) {
	t.Setenv("KUBECONFIG", "/dev/null")
	for name, c := range map[string]struct {
		latency time.Duration
		status  check.Status
	}{"recent": {time.Second, check.Fail}, "old": {25 * time.Second, check.Passed}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := &largeNamespace{services: 5, pods: 1, latency: c.latency}
				o := n.options(t)
				o.Checks = []*check.Check{{
					Code: "TST0001", Name: "has-pods", Hop: "pod", Doc: "it has pods", Needs: []check.Need{facts.Pods},
					Run: func(p *check.Pass) ([]check.Finding, error) {
						pods, err := facts.Pods.Get(p)
						if err != nil || len(pods.Items) > 0 {
							return nil, err
						}
						return []check.Finding{{Severity: check.Error, Summary: "no pod"}}, nil
					},
				}}
				clients, err := kube.New(o.App.Flags)
				if err != nil {
					t.Fatal(err)
				}
				envs, again, err := o.envs(context.Background(), session{clients: clients, maker: &jobpod.Maker{Clients: clients}}, nil)
				if err != nil {
					t.Fatal(err)
				}
				first := o.evaluate(t.Context(), envs[:1], again)
				second := o.evaluate(t.Context(), envs[1:2], func(int) *facts.Env { return again(1) })
				if first[0].Verdict.Status != check.Fail || second[0].Verdict.Status != c.status {
					t.Errorf("%+v, then %+v", first[0].Verdict, second[0].Verdict)
				}
			})
		})
	}
}
