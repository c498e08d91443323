package facts

import (
	"context"
	"sync"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/testpod"
)

// TestPods makes one test pod per namespace, when the first fact asks for it, and keeps it to the end of the run. It is
// safe for concurrent use.
type TestPods struct {
	Maker  *jobpod.Maker
	Image  string
	Plugin string

	mu   sync.Mutex
	pods map[string]*testPod
}

type testPod struct {
	once sync.Once
	pod  *testpod.Pod
	err  error
}

// Get returns the namespace's test pod; the first call decides on which node it is.
func (t *TestPods) Get(ctx context.Context, namespace, node string) (*testpod.Pod, error) {
	t.mu.Lock()
	if t.pods == nil {
		t.pods = map[string]*testPod{}
	}
	p := t.pods[namespace]
	if p == nil {
		p = &testPod{}
		t.pods[namespace] = p
	}
	t.mu.Unlock()
	p.once.Do(func() {
		p.pod, p.err = testpod.New(ctx, t.Maker, testpod.Options{Namespace: namespace, Node: node, Image: t.Image, Plugin: t.Plugin})
		p.err = plain(p.err)
	})
	return p.pod, p.err
}

// beside returns the client's test pod, on the node from which the app was asked where that is known.
func (t *TestPods) beside(ctx context.Context, e *Env) (*testpod.Pod, error) {
	answers, err := Answers.From(ctx, e)
	if err != nil {
		return nil, err
	}
	return t.Get(ctx, e.clientNamespace(), answers.From)
}

// Close removes all test pods, also when ctx has ended.
func (t *TestPods) Close(ctx context.Context) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var wg sync.WaitGroup
	for _, p := range t.pods {
		if p.pod != nil {
			wg.Go(func() { p.pod.Close(ctx) })
		}
	}
	wg.Wait()
	t.pods = nil
}

// testPodRules are what making a test pod and connecting from it takes.
func testPodRules() []rbacv1.PolicyRule {
	var rules []rbacv1.PolicyRule
	for _, r := range testpod.Rights("") {
		resource := r.Resource
		if r.Subresource != "" {
			resource += "/" + r.Subresource
		}
		rules = append(rules, fact.Rule(r.Group, resource, r.Verb))
	}
	return rules
}
