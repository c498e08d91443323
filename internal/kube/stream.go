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

// Exec runs argv in the container until it exits, ctx is done or the connection breaks. A nil stream of o is not opened. If the command
// exits with a code other than 0, the error is a k8s.io/client-go/util/exec.CodeExitError.
//
// Exec is the raw call: it may lose data on stdin without an error, and may hang if the command does not read its stdin.
// noderun.Session does neither.
func (c *Clients) Exec(ctx context.Context, at Container, argv []string, o remotecommand.StreamOptions) error {
	return c.stream(ctx, at, "exec", &corev1.PodExecOptions{
		Container: at.Name, Command: argv, Stdin: o.Stdin != nil, Stdout: o.Stdout != nil, Stderr: o.Stderr != nil, TTY: o.Tty,
	}, o)
}

// Attach connects to the container's main process, as Exec does to a new one.
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

// bounded runs the stream and returns when ctx is done, even while the connection is being established: the library's WebSocket
// handshake does not observe ctx. Nothing is written to o's writers after bounded has returned.
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

// gate allows writes until it is shut.
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

// executor returns an executor that, like kubectl, uses WebSocket and falls back to SPDY if a proxy does not pass WebSocket.
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

// ShouldFallBack reports whether SPDY may work where the WebSocket upgrade failed with err.
func ShouldFallBack(err error) bool {
	return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
}
