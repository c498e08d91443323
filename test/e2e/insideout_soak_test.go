package e2e

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/akstools/akstools/internal/testpod"
)

// TestSoakInsideoutKills holds that nothing of ours is left two minutes after the idle limit, whatever ended the runs.
func TestSoakInsideoutKills(t *testing.T) {
	l := soak(t)
	c := l.healthyCase(t, "kills", 1)
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL}
	var killed, bad atomic.Int32
	var wg sync.WaitGroup
	turns := make(chan int)
	for range 4 {
		wg.Go(func() {
			for i := range turns {
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				cmd := l.command(ctx, "kubectl-insideout", "svc/"+c.Name, "-n", c.Namespace, "-o", "name")
				if err := cmd.Start(); err != nil {
					t.Error(err)
				}
				if i%10 == 0 {
					time.Sleep(time.Duration(50+rand.IntN(900)) * time.Millisecond)
					if cmd.Process.Signal(signals[i/10%3]) == nil {
						killed.Add(1)
					}
				}
				if err := cmd.Wait(); err != nil && i%10 != 0 {
					bad.Add(1)
				}
				cancel()
			}
		})
	}
	for i := range 100 {
		turns <- i
	}
	close(turns)
	wg.Wait()
	start := time.Now()
	l.gone(t, testpod.Idle+2*time.Minute)
	t.Logf("100 runs, %d ended by a signal, %d others failed; all objects were gone %.0f s later", killed.Load(), bad.Load(), time.Since(start).Seconds())
	if bad.Load() > 0 {
		t.Error("runs failed that nobody ended")
	}
}

// traffic counts what a program asks of the API server.
type traffic struct{ requests, bytes atomic.Int64 }

func (c *traffic) reset() { c.requests.Store(0); c.bytes.Store(0) }

// counted returns a kubeconfig for the API server behind a proxy that counts.
func (l lab) counted(t *testing.T) (*traffic, string) {
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
	count := &traffic{}
	p := httputil.NewSingleHostReverseProxy(server)
	p.Transport = transport
	p.ModifyResponse = func(r *http.Response) error {
		count.requests.Add(1)
		if r.StatusCode != http.StatusSwitchingProtocols {
			r.Body = counting{r.Body, &count.bytes}
		}
		return nil
	}
	s := httptest.NewServer(p)
	t.Cleanup(s.Close)
	path := filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf("apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: %q}}]\ncontexts: [{name: c, context: {cluster: c, user: u}}]\ncurrent-context: c\nusers: [{name: u, user: {}}]\n", s.URL)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return count, path
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

// TestSoakInsideoutScale holds that requests and their bytes do not depend on other objects.
func TestSoakInsideoutScale(t *testing.T) {
	l := soak(t)
	c := l.healthyCase(t, "scale", 1)
	count, kubeconfig := l.counted(t)
	ask := func(args ...string) (requests, bytes int64) {
		count.reset()
		args = append([]string{"svc/" + c.Name, "-n", c.Namespace, "--kubeconfig", kubeconfig}, args...)
		if r := l.run(t, "", "kubectl-insideout", args...); r.code != 0 {
			t.Fatalf("%s%s", r.stdout, r.stderr)
		}
		return count.requests.Load(), count.bytes.Load()
	}
	ask("--no-probe")
	requests, bytes := ask("--no-probe")
	probing, _ := ask()
	l.crowd(t, c, 2000, 500)
	moreRequests, moreBytes := ask("--no-probe")
	moreProbing, _ := ask()
	t.Logf("--no-probe: %d requests of %d bytes; with 2,000 pods and 500 Services more: %d of %d; with probes: %d and %d requests",
		requests, bytes, moreRequests, moreBytes, probing, moreProbing)
	// a resourceVersion may have grown by digits; a watch may need one more try
	if requests != moreRequests || moreBytes-bytes > 100 || moreProbing > probing+1 {
		t.Error("it depends on other objects")
	}
}

// crowd makes further pods, which no scheduler looks at, and Services in the case's namespace.
func (l lab) crowd(t *testing.T, c *corpusCase, pods, services int) {
	t.Helper()
	config := rest.CopyConfig(c.clients.Config)
	config.QPS, config.Burst = 2000, 2000
	fast, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
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
				Spec:       corev1.ServiceSpec{Selector: map[string]string{"crowd": "no"}, Ports: []corev1.ServicePort{{Port: 80}}},
			}, metav1.CreateOptions{})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}
