package kube

import (
	"context"
	"io"
	"net/url"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/streaming/pkg/httpstream"
)

// Container names one container of a pod.
type Container struct{ Namespace, Pod, Name string }

// Exec runs argv in the container until it ends, ctx is done or the connection breaks. A nil stream of o is not opened.
// The error of a command that ended with a code other than 0 is a k8s.io/client-go/util/exec.CodeExitError.
//
// Exec is the raw call: it may lose data on stdin without an error and may hang where the command does not read its
// stdin. package probe wraps it.
func (c *Clients) Exec(ctx context.Context, at Container, argv []string, o remotecommand.StreamOptions) error {
	return c.stream(ctx, at, "exec", &corev1.PodExecOptions{
		Container: at.Name, Command: argv, Stdin: o.Stdin != nil, Stdout: o.Stdout != nil, Stderr: o.Stderr != nil, TTY: o.Tty,
	}, o)
}

// Attach connects to the container's first process, as Exec does to a new one.
func (c *Clients) Attach(ctx context.Context, at Container, o remotecommand.StreamOptions) error {
	return c.stream(ctx, at, "attach", &corev1.PodAttachOptions{
		Container: at.Name, Stdin: o.Stdin != nil, Stdout: o.Stdout != nil, Stderr: o.Stderr != nil, TTY: o.Tty,
	}, o)
}

func (c *Clients) stream(ctx context.Context, at Container, subresource string, options any, o remotecommand.StreamOptions) error {
	request := c.CoreV1().RESTClient().Post().Resource("pods").Namespace(at.Namespace).Name(at.Pod).SubResource(subresource)
	switch p := options.(type) {
	case *corev1.PodExecOptions:
		request.VersionedParams(p, scheme.ParameterCodec)
	case *corev1.PodAttachOptions:
		request.VersionedParams(p, scheme.ParameterCodec)
	}
	executor, err := c.executor(request.URL())
	if err != nil {
		return err
	}
	return bounded(ctx, executor, o)
}

// bounded returns when ctx is done, also from a connection that is still being made: the library's WebSocket handshake
// waits for its answer without regard to ctx. Nothing is written to o's writers after bounded has returned.
func bounded(ctx context.Context, executor remotecommand.Executor, o remotecommand.StreamOptions) error {
	var open gate
	if o.Stdout != nil {
		o.Stdout = gated{o.Stdout, &open}
	}
	if o.Stderr != nil {
		o.Stderr = gated{o.Stderr, &open}
	}
	done := make(chan error, 1)
	go func() { done <- executor.StreamWithContext(ctx, o) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		open.shut()
		return context.Cause(ctx)
	}
}

// gate lets writers through until it is shut.
type gate struct {
	mu     sync.Mutex
	closed bool
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}

type gated struct {
	w io.Writer
	g *gate
}

func (w gated) Write(p []byte) (int, error) {
	w.g.mu.Lock()
	defer w.g.mu.Unlock()
	if w.g.closed {
		return 0, io.ErrClosedPipe
	}
	return w.w.Write(p)
}

// executor speaks WebSocket and falls back to SPDY where something on the way does not let WebSocket through, as kubectl does.
func (c *Clients) executor(u *url.URL) (remotecommand.Executor, error) {
	spdy, err := remotecommand.NewSPDYExecutor(c.Config, "POST", u)
	if err != nil {
		return nil, err
	}
	websocket, err := remotecommand.NewWebSocketExecutor(c.Config, "GET", u.String())
	if err != nil {
		return nil, err
	}
	return remotecommand.NewFallbackExecutor(websocket, spdy, ShouldFallBack)
}

// ShouldFallBack says whether a failed WebSocket upgrade is one that SPDY may get around.
func ShouldFallBack(err error) bool {
	return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
}
