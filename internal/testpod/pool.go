package testpod

import (
	"context"
	"sync"

	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/kube"
)

// Pool creates one test pod per namespace, when it is first asked for, and keeps it until Close. It is safe for concurrent use.
type Pool struct {
	Maker  *jobpod.Maker
	Image  string
	Plugin string

	mu   sync.Mutex
	pods map[string]*pooled
}

type pooled struct {
	once sync.Once
	pod  *Pod
	err  error
}

// Get returns the namespace's test pod. The first call for a namespace decides which node it runs on.
func (t *Pool) Get(ctx context.Context, namespace, node string) (*Pod, error) {
	t.mu.Lock()
	if t.pods == nil {
		t.pods = map[string]*pooled{}
	}
	p := t.pods[namespace]
	if p == nil {
		p = &pooled{}
		t.pods[namespace] = p
	}
	t.mu.Unlock()
	p.once.Do(func() {
		p.pod, p.err = New(ctx, t.Maker, Options{Namespace: namespace, Node: node, Image: t.Image, Plugin: t.Plugin})
		p.err = kube.NameDenied(p.err)
	})
	return p.pod, p.err
}

// Close removes all test pods, also when ctx has ended.
func (t *Pool) Close(ctx context.Context) {
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
