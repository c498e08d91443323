package e2e

import (
	"context"
	"fmt"
	"os/exec"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/akstools/akstools/test/e2e/faults"
)

// The lab is what faults are injected into.

func (l lab) quietly(args ...string) error { return l.quietlyWithin(5*time.Minute, args...) }

func (l lab) quietlyWithin(limit time.Duration, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return runQuietly(l.command(ctx, args[0], args[1:]...))
}

func runQuietly(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w: %s", cmd.Args, err, out)
	}
	return nil
}

// On implements faults.Lab.
func (l lab) On(machine string, argv ...string) error {
	return l.quietly(append([]string{"lab", "exec", machine, "--"}, argv...)...)
}

// Fault implements faults.Lab.
func (l lab) Fault(name string) error { return l.quietly("lab", "fault", "inject", name) }

// Mend implements faults.Lab.
func (l lab) Mend(name string) error { return l.quietly("lab", "fault", "clear", name) }

// Zone implements faults.Lab.
func (l lab) Zone(args ...string) error { return l.quietly(append([]string{"lab", "dns"}, args...)...) }

// Kubectl implements faults.Lab.
func (l lab) Kubectl(args ...string) error { return l.quietly(append([]string{"kubectl"}, args...)...) }

// Nodes implements faults.Lab.
func (l lab) Nodes() []string { return []string{node0, node1} }

// Live implements faults.Lab. What cannot be read counts as absent.
func (l lab) Live(c *faults.Case) faults.State {
	var s faults.State
	clients, err := l.tryClients()
	if err != nil {
		return s
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if service, err := clients.CoreV1().Services(c.Namespace).Get(ctx, c.Name, metav1.GetOptions{}); err == nil {
		s.ClusterIP = service.Spec.ClusterIP
		for _, in := range service.Status.LoadBalancer.Ingress {
			s.Balancer = in.IP
		}
		for _, p := range service.Spec.Ports {
			s.NodePort = p.NodePort
		}
	}
	if ingresses, err := clients.NetworkingV1().Ingresses(c.Namespace).List(ctx, metav1.ListOptions{}); err == nil {
		for _, i := range ingresses.Items {
			for _, at := range i.Status.LoadBalancer.Ingress {
				s.Entrance = at.IP
			}
		}
	}
	for _, namespace := range []string{c.Namespace, c.Apart()} {
		gateway, route := &gatewayv1.Gateway{}, &gatewayv1.HTTPRoute{}
		if err := clients.GetGateway(ctx, "gateways", namespace, "gate", gateway); err == nil {
			for _, at := range gateway.Status.Addresses {
				s.Entrance = at.Value
			}
		}
		if err := clients.GetGateway(ctx, "httproutes", namespace, "front", route); err == nil {
			s.Judged = len(route.Status.Parents) > 0
		}
	}
	// workloads before pods: those that are rolled out have no older pods
	if deployments, err := clients.AppsV1().Deployments(c.Namespace).List(ctx, metav1.ListOptions{}); err == nil {
		s.Deployments = deployments.Items
	}
	others := metav1.ListOptions{LabelSelector: "app.kubernetes.io/managed-by!=akstools"}
	if pods, err := clients.CoreV1().Pods(c.Namespace).List(ctx, others); err == nil {
		s.Pods = pods.Items
	}
	if events, err := clients.CoreV1().Events(c.Namespace).List(ctx, metav1.ListOptions{}); err == nil {
		s.Events = events.Items
	}
	return s
}
