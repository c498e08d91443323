package dial

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/streaming/pkg/httpstream"

	"github.com/akstools/akstools/internal/kube"
)

// Pod is the Dialer to the ports of one pod, through the portforward subresource. Only the port of an address is used: the connection
// is made in the pod's network namespace, to its loopback interface. With a pod on the host network these are the node's own ports.
//
// DialContext returns before the connection to the port is established, as the protocol does not report that; if the port refuses it,
// the first Read fails. The connections have no CloseWrite: the protocol cannot close one direction alone, and a peer that closes ends
// both.
//
// Each connection uses a port-forward of its own: on a shared one, a peer that closes while we write blocks the writer.
type Pod struct {
	Clients   *kube.Clients
	Namespace string
	Name      string
}

// DialContext implements Dialer.
func (d *Pod) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	_, port, err := split(network, addr)
	if err != nil {
		return nil, err
	}
	tunnel, err := d.connect(ctx)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: address(addr), Err: err}
	}
	data, failure, err := openStreams(ctx, tunnel, port)
	if err != nil {
		_ = tunnel.Close()
		return nil, &net.OpError{Op: "dial", Net: network, Addr: address(addr), Err: err}
	}
	c := newConn(addr, func() { _ = tunnel.Close() })
	go c.send(data)
	failureRead := make(chan struct{}) // closed when the error stream has ended
	go func() {
		defer close(failureRead)
		text, _ := io.ReadAll(io.LimitReader(failure, 4096))
		if len(text) > 0 {
			err := remoteError("read", network, c.addr, string(text))
			c.endReads(err)
			c.endWrites(err)
			_ = tunnel.Close() // otherwise the data stream may never end
		}
	}()
	go func() {
		_, err := io.Copy(c.received, data)
		select { // a lost tunnel ends the stream like a peer that closes, but is itself closed before
		case <-tunnel.CloseChan():
			if err == nil {
				err = &net.OpError{Op: "read", Net: network, Addr: c.addr, Err: syscall.ECONNRESET}
			}
		default:
		}
		select { // the reason may arrive after the end
		case <-failureRead:
		case <-time.After(200 * time.Millisecond):
		}
		c.endReads(err)
		// the pod may no longer read, and unread data stalls the konnectivity tunnel, which all streams share
		c.endWrites(&net.OpError{Op: "write", Net: network, Addr: c.addr, Err: syscall.EPIPE})
		_ = tunnel.Close()
	}()
	return c, nil
}

// connect opens the port-forward by WebSocket, or by SPDY if a proxy does not pass WebSocket, until ctx is done.
func (d *Pod) connect(ctx context.Context) (httpstream.Connection, error) {
	u := d.Clients.CoreV1().RESTClient().Post().Resource("pods").Namespace(d.Namespace).Name(d.Name).SubResource("portforward").URL()
	transport, upgrader, err := spdy.RoundTripperFor(d.Clients.Config)
	if err != nil {
		return nil, err
	}
	websocket, err := portforward.NewSPDYOverWebsocketDialerForStreaming(u, d.Clients.Config)
	if err != nil {
		return nil, err
	}
	dialer := portforward.NewFallbackDialerForStreaming(websocket,
		spdy.NewDialerForStreaming(upgrader, &http.Client{Transport: transport}, http.MethodPost, u), kube.ShouldFallBack)
	type result struct {
		connection httpstream.Connection
		err        error
	}
	done := make(chan result, 1)
	go func() { // the library's Dial takes no context
		connection, protocol, err := dialer.Dial(portforward.PortForwardProtocolV1Name)
		if err == nil && protocol != portforward.PortForwardProtocolV1Name {
			_ = connection.Close()
			err = fmt.Errorf("the API server chose protocol %q, not %s", protocol, portforward.PortForwardProtocolV1Name)
		}
		done <- result{connection, err}
	}()
	select {
	case r := <-done:
		return r.connection, r.err
	case <-ctx.Done():
		go func() {
			if r := <-done; r.err == nil {
				_ = r.connection.Close()
			}
		}()
		return nil, context.Cause(ctx)
	}
}

// openStreams opens the streams of a connection to the port, until ctx is done. If it fails, the tunnel must be closed.
func openStreams(ctx context.Context, tunnel httpstream.Connection, port string) (data, failure httpstream.Stream, err error) {
	type result struct {
		data, failure httpstream.Stream
		err           error
	}
	done := make(chan result, 1)
	go func() { // the library waits 30 s for the reply to each stream, even if the tunnel is closed meanwhile
		data, failure, err := createStreams(tunnel, port)
		done <- result{data, failure, err}
	}()
	select {
	case r := <-done:
		return r.data, r.failure, r.err
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	}
}

func createStreams(tunnel httpstream.Connection, port string) (data, failure httpstream.Stream, err error) {
	headers := http.Header{}
	headers.Set(corev1.StreamType, corev1.StreamTypeError)
	headers.Set(corev1.PortHeader, port)
	headers.Set(corev1.PortForwardRequestIDHeader, "0")
	if failure, err = tunnel.CreateStream(headers); err != nil {
		return nil, nil, err
	}
	_ = failure.Close() // we only read it
	headers.Set(corev1.StreamType, corev1.StreamTypeData)
	data, err = tunnel.CreateStream(headers)
	return data, failure, err
}
