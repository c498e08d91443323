package facts

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/akstools/akstools/internal/dial"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/internal/redact"
	"github.com/akstools/akstools/internal/testpod"
)

// pendingAnswer is an AppAnswer to be filled in, with the ports that the pod's containers declare and probe.
type pendingAnswer struct {
	AppAnswer
	declared []endpoints.ContainerPort
	probes   []endpoints.Probe
}

// newPendingAnswer is for the target of the Service's port in the pod.
func newPendingAnswer(p podhealth.Pod, port endpoints.Port) pendingAnswer {
	declared := p.Ports()
	var probes []endpoints.Probe
	for _, c := range p.Containers {
		for _, kind := range []string{"readiness", "liveness", "startup"} {
			if probe, ok := c.Probes[kind]; ok {
				probes = append(probes, probe)
			}
		}
	}
	a := AppAnswer{Pod: p.Name, Host: p.IP, Service: port}
	a.Mesh = slices.ContainsFunc(p.Containers, func(c podhealth.Container) bool {
		return c.Name == "istio-proxy" || c.Name == "linkerd-proxy"
	})
	a.Port, _ = port.Target(declared)
	a.Declared = a.Port != 0 && endpoints.Declares(declared, a.Port, port.Protocol)
	a.OtherProtocol = port.OtherProtocol(declared)
	a.Expected = endpoints.Expect(port, a.Port, declared, probes)
	return pendingAnswer{a, declared, probes}
}

// request returns the request to the target port.
func (a *pendingAnswer) request(e *Env) testpod.Request {
	return testpod.Request{
		Address: address(a.Host, a.Port), Protocol: a.Expected.Protocol, Timeout: e.Timeout,
		Host: cmp.Or(e.Request.Host, e.Target.Name+"."+e.Target.Namespace+".svc"), Path: e.Request.Path,
	}
}

// connect fills in the answer of a TCP port. For a port of another protocol it only finds out whether TCP is accepted on the
// same number.
func (a *pendingAnswer) connect(ctx context.Context, e *Env, from dial.Dialer) error {
	if a.Service.Protocol != "TCP" {
		n, ok := (endpoints.Port{TargetPort: a.Service.TargetPort, Protocol: "TCP"}).Target(a.declared)
		if !ok {
			return nil
		}
		answer, err := testpod.Do(ctx, from, testpod.Request{Address: address(a.Host, n), Timeout: e.Timeout})
		if err == nil && answer.Connect == endpoints.Connected {
			a.Others = []int32{n}
		}
		return err
	}
	if a.Port != 0 {
		answer, err := testpod.Do(ctx, from, a.request(e))
		if err != nil {
			return err
		}
		a.Answer, a.RequestHost, a.RequestPath = answer, e.Request.Host, e.Request.Path
		if a.Connect == endpoints.Connected {
			return a.askAgain(ctx, e, from)
		}
		if a.Pod != "" {
			a.connectLoopback(ctx, e)
		}
	}
	tried := map[int32]bool{a.Port: true}
	for _, n := range knownPorts(a.declared, a.probes) {
		if tried[n] || len(tried) > maxTried {
			continue
		}
		tried[n] = true
		answer, err := testpod.Do(ctx, from, testpod.Request{Address: address(a.Host, n), Timeout: e.Timeout})
		if err != nil {
			return err
		}
		if answer.Connect == endpoints.Connected {
			a.Others = append(a.Others, n)
		}
	}
	return nil
}

// dropClaimedPorts removes from Others every port that another port of the same Service already targets: it cannot be the one
// that this port meant.
func dropClaimedPorts(items []AppAnswer) {
	for i := range items {
		a := &items[i]
		a.Others = slices.DeleteFunc(a.Others, func(n int32) bool {
			return slices.ContainsFunc(items, func(b AppAnswer) bool {
				return b.Pod == a.Pod && b.Host == a.Host && b.Service != a.Service && b.Service.Protocol == a.Service.Protocol && b.Port == n
			})
		})
	}
}

// knownPorts returns the TCP ports that the containers declare or probe.
func knownPorts(declared []endpoints.ContainerPort, probes []endpoints.Probe) []int32 {
	var ports []int32
	for _, c := range declared {
		if c.Protocol == "TCP" {
			ports = append(ports, c.Number)
		}
	}
	for _, p := range probes {
		if n, ok := (endpoints.Port{TargetPort: p.Port, Protocol: "TCP"}).Target(declared); ok {
			ports = append(ports, n)
		}
	}
	return ports
}

// refusalDelay is how soon a port-forward stream reports a refused connection. It does not report an established one.
const refusalDelay = 3 * time.Second

// connectLoopback connects inside the pod and sets Loopback. The kubelet dials a port-forward stream in the pod's network
// namespace, and nothing is run there. The stream reports a refused connection only.
func (a *AppAnswer) connectLoopback(ctx context.Context, e *Env) {
	ctx, cancel := context.WithTimeout(ctx, e.Timeout+2*time.Second)
	defer cancel()
	d := &dial.Pod{Clients: e.Clients, Namespace: e.Target.Namespace, Name: a.Pod}
	conn, err := d.DialContext(ctx, "tcp", address("localhost", a.Port))
	if err != nil {
		a.LoopbackError = redact.Message(kube.NameDenied(err).Error())
		return
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetReadDeadline(time.Now().Add(refusalDelay))
	_, err = conn.Read(make([]byte, 1))
	switch {
	case err == nil, errors.Is(err, io.EOF), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.ECONNRESET):
		a.Loopback = endpoints.Connected // it sent something, closed, or waits for a request
	case testpod.Outcome(err) != "":
		a.Loopback = testpod.Outcome(err)
	default:
		a.LoopbackError = redact.Message(kube.NameDenied(err).Error())
	}
}

func address(host string, port int32) string { return net.JoinHostPort(host, strconv.Itoa(int(port))) }
