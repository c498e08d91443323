package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
)

// traffic counts a program's requests to the API server.
type traffic struct{ requests, bytes atomic.Int64 }

func (c *traffic) reset() { c.requests.Store(0); c.bytes.Store(0) }

// counted returns a kubeconfig for the API server behind a counting proxy.
func (l lab) counted(t *testing.T) (*traffic, string) {
	t.Helper()
	count := &traffic{}
	return count, l.observed(t, func(r *http.Response) {
		count.requests.Add(1)
		if r.StatusCode != http.StatusSwitchingProtocols {
			r.Body = counting{r.Body, &count.bytes}
		}
	})
}

// observed returns a kubeconfig for the API server behind a proxy that passes each response to the function, concurrently.
func (l lab) observed(t *testing.T, see func(*http.Response)) string {
	t.Helper()
	config := l.clients(t).Config
	transport, err := rest.TransportFor(config)
	if err != nil {
		t.Fatal(err)
	}
	server, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	p := httputil.NewSingleHostReverseProxy(server)
	p.Transport = transport
	p.ModifyResponse = func(r *http.Response) error { see(r); return nil }
	s := httptest.NewServer(p)
	t.Cleanup(s.Close)
	path := filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf(
		"apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: %q}}]\n"+
			"contexts: [{name: c, context: {cluster: c, user: u}}]\ncurrent-context: c\nusers: [{name: u, user: {}}]\n",
		s.URL,
	)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

type counting struct {
	io.ReadCloser
	n *atomic.Int64
}

func (c counting) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// TestSoakInsideoutScale: the number and size of requests do not depend on unrelated objects.
func TestSoakInsideoutScale(t *testing.T) {
	l := soak(t)
	c := l.healthyCase(t, "scale", 1)
	count, kubeconfig := l.counted(t)
	ask := func(args ...string) (requests, bytes int64) {
		count.reset()
		args = append([]string{"svc/" + c.Name, "-n", c.Namespace, "--kubeconfig", kubeconfig}, args...)
		if r, kib := l.measured(t, "kubectl-insideout", args...); r.code != 0 || kib > 80_000 {
			t.Fatalf("exit code %d with %d KiB\n%s%s", r.code, kib, r.stdout, r.stderr)
		}
		return count.requests.Load(), count.bytes.Load()
	}
	ask("--no-probe")
	requests, bytes := ask("--no-probe")
	probing, _ := ask()
	l.crowd(t, c, 20000, 5000)
	moreRequests, moreBytes := ask("--no-probe")
	moreProbing, _ := ask()
	t.Logf("--no-probe: %d requests of %d bytes; with 20,000 pods and 5,000 Services more: %d of %d; with probes: %d and %d requests",
		requests, bytes, moreRequests, moreBytes, probing, moreProbing)
	// a resourceVersion may have more digits now; a watch may need a retry
	if requests != moreRequests || moreBytes-bytes > 100 || moreProbing > probing+1 {
		t.Error("it depends on other objects")
	}
}

// measured runs a program and returns its maximum memory, in KiB.
func (l lab) measured(t *testing.T, program string, args ...string) (result, int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := l.command(ctx, program, args...)
	r := finish(t, ctx, cmd)
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		t.Fatal("what it used is not known")
	}
	return r, usage.Maxrss
}

// TestSoakInsideoutAll: 500 Services are checked within 15 seconds, with one line for each.
func TestSoakInsideoutAll(t *testing.T) {
	l := soak(t)
	c := l.healthyCase(t, "all", 1)
	clients := l.fast(t)
	g, ctx := errgroup.WithContext(t.Context())
	g.SetLimit(20)
	for i := range 500 {
		g.Go(func() error {
			s := c.Service.DeepCopy()
			s.ResourceVersion, s.Name = "", fmt.Sprintf("%s-%d", c.Name, i)
			_, err := clients.CoreV1().Services(c.Namespace).Create(ctx, s, metav1.CreateOptions{})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	l.eventually(t, time.Minute, func() error { // EndpointSlices appear one by one
		list, err := clients.DiscoveryV1().EndpointSlices(c.Namespace).List(t.Context(), metav1.ListOptions{})
		if err == nil && len(list.Items) < 501 {
			err = fmt.Errorf("%d EndpointSlices", len(list.Items))
		}
		return err
	})
	r, kib := l.measured(t, "kubectl-insideout", "-A", "--no-probe")
	healthy := strings.Count(r.stdout, "in namespace "+c.Namespace+" is healthy: no problem found\n")
	t.Logf("exit code %d after %s with %d MiB; %d of 501 Services in one line", r.code, r.took, kib>>10, healthy)
	if r.code != 0 || healthy != 501 || r.took > 15*time.Second {
		t.Errorf("%s\n%s", r.stdout[max(0, len(r.stdout)-3000):], r.stderr)
	}
}

// fast returns clients without rate limits.
func (l lab) fast(t *testing.T) kubernetes.Interface {
	t.Helper()
	config := rest.CopyConfig(l.clients(t).Config)
	config.QPS = -1
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return clients
}

// crowd creates more pods, which are not scheduled, and Services in the case's namespace.
func (l lab) crowd(t *testing.T, c *corpusCase, pods, services int) {
	t.Helper()
	fast := l.fast(t)
	t.Cleanup(func() { // deleting the namespace would take minutes for so many
		ctx := context.Background()
		o := metav1.DeleteOptions{GracePeriodSeconds: ptr.To[int64](0)}
		l.eventually(t, 10*time.Minute, func() error { // the API server gives up after a minute, having deleted some
			return fast.CoreV1().Pods(c.Namespace).DeleteCollection(ctx, o, metav1.ListOptions{LabelSelector: "crowd=yes"})
		})
		var g errgroup.Group
		g.SetLimit(40)
		for i := range services {
			g.Go(func() error {
				return fast.CoreV1().Services(c.Namespace).Delete(ctx, fmt.Sprintf("crowd-%d", i), metav1.DeleteOptions{})
			})
		}
		if err := g.Wait(); err != nil {
			t.Error(err)
		}
	})
	g, ctx := errgroup.WithContext(t.Context())
	g.SetLimit(40)
	for i := range pods {
		g.Go(func() error {
			_, err := fast.CoreV1().Pods(c.Namespace).Create(ctx, &corev1.Pod{
				ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("crowd-%d", i), Labels: map[string]string{"crowd": "yes"}},
				Spec:       corev1.PodSpec{SchedulerName: "nobody", Containers: []corev1.Container{{Name: "a", Image: "a"}}},
			}, metav1.CreateOptions{})
			return err
		})
	}
	for i := range services {
		g.Go(func() error {
			_, err := fast.CoreV1().Services(c.Namespace).Create(ctx, &corev1.Service{
				ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("crowd-%d", i)},
				Spec: corev1.ServiceSpec{
					ClusterIP: corev1.ClusterIPNone, Selector: map[string]string{"crowd": "no"},
					Ports: []corev1.ServicePort{{Port: 80}},
				},
			}, metav1.CreateOptions{})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}
