package facts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
)

// maxCaptured is at how many pods packets are captured at most.
const maxCaptured = 4

// captureTarget is what connections lead to.
type captureTarget struct {
	service ServiceInfo // without a name if the target is a pod
	pods    []corev1.Pod
	others  int // pods that serve as well
	ports   []capturePort
	also    []string // further addresses of the Service
}

// capturePort is a port of the target.
type capturePort struct {
	endpoints.Port
	targets  []int32 // the numbers on the pods
	nodePort int32   // 0: none
	expected string  // one of the protocols of endpoints; empty: unknown
}

// findTarget finds the pods and ports of the target.
func (c *capturing) findTarget(ctx context.Context) error {
	namespace, name := c.Target.Namespace, c.Target.Name
	var ports []corev1.ServicePort
	if c.Target.Kind == "pod" {
		pod, err := c.Clients.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		c.seen = append(c.seen, check.Evidence{Source: cmdline.Kubectl("get", "pod", name, "-n", namespace, "-o", "wide")})
		c.target.pods = []corev1.Pod{*pod}
	} else {
		service, err := c.Clients.CoreV1().Services(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		ports = service.Spec.Ports
		c.target.also = slices.Concat(service.Spec.ClusterIPs, service.Spec.ExternalIPs)
		var seen []check.Evidence
		c.target.service, seen = ServiceOf(service)
		if len(c.target.service.Selector) == 0 {
			return fmt.Errorf("service %s has no selector, so no pods at which packets can be captured", name)
		}
		selector := labels.SelectorFromSet(c.target.service.Selector).String()
		list, err := c.Clients.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector, Limit: 500})
		if err != nil {
			return err
		}
		c.seen = append(seen, check.Evidence{Source: cmdline.Kubectl("get", "pods", "-n", namespace, "-l", selector, "-o", "wide")})
		c.target.pods = list.Items
	}
	if err := c.target.choosePods(); err != nil {
		return err
	}
	return c.target.choosePorts(ports, c.Capture.Port)
}

// choosePods leaves the pods at which packets are captured: those that are ready, or, if none is, those that run.
func (t *captureTarget) choosePods() error {
	var ready, running []corev1.Pod
	for _, p := range t.pods {
		if p.DeletionTimestamp != nil || p.Status.Phase != corev1.PodRunning || p.Status.PodIP == "" {
			continue
		}
		running = append(running, p)
		if info := cluster.PodOf(&p); info.Ready() {
			ready = append(ready, p)
		}
	}
	if len(running) == 0 {
		return errors.New("none of the target's pods is running, so no packets can be captured at one")
	}
	if t.pods = ready; len(ready) == 0 {
		t.pods = running
	}
	slices.SortFunc(t.pods, func(a, b corev1.Pod) int { return cmp.Compare(a.Name, b.Name) })
	t.others = max(0, len(t.pods)-maxCaptured)
	t.pods = t.pods[:min(len(t.pods), maxCaptured)]
	return nil
}

// choosePorts sets the ports; only is the number of one of them, 0: all.
func (t *captureTarget) choosePorts(declared []corev1.ServicePort, only int32) error {
	first := cluster.PodOf(&t.pods[0])
	ports := t.service.Ports
	if t.service.Name == "" {
		for _, p := range first.Ports() {
			ports = append(ports, endpoints.Port{Name: p.Name, Protocol: p.Protocol, Number: p.Number, TargetPort: fmt.Sprint(p.Number)})
		}
		if only != 0 && !slices.ContainsFunc(ports, func(p endpoints.Port) bool { return p.Number == only }) {
			ports = append(ports, endpoints.Port{Protocol: string(corev1.ProtocolTCP), Number: only, TargetPort: fmt.Sprint(only)})
		}
	}
	for i, p := range ports {
		if only != 0 && p.Number != only || p.Protocol == string(corev1.ProtocolSCTP) {
			continue
		}
		port := capturePort{Port: p}
		if i < len(declared) {
			port.nodePort = declared[i].NodePort
		}
		for _, pod := range t.pods {
			info := cluster.PodOf(&pod)
			a := newPendingAnswer(info, p)
			if a.Port != 0 && !slices.Contains(port.targets, a.Port) {
				port.targets = append(port.targets, a.Port)
			}
			port.expected = a.Expected.Protocol
		}
		t.ports = append(t.ports, port)
	}
	switch {
	case len(t.ports) > 0:
		return nil
	case only != 0:
		return fmt.Errorf("the target has no TCP or UDP port %d", only)
	}
	return errors.New("the target declares no TCP or UDP port: name one with --port")
}

// numbers are those of the ports, wherever they are used on the way.
func (t *captureTarget) numbers() []uint16 {
	var all []uint16
	for _, p := range t.ports {
		for _, n := range append([]int32{p.Number, p.nodePort}, p.targets...) {
			if n > 0 && !slices.Contains(all, uint16(n)) {
				all = append(all, uint16(n))
			}
		}
	}
	return all
}

// filter is the expression for all packets to and from the ports, and for ICMP errors about them.
func (t *captureTarget) filter() string {
	var ports []string
	for _, n := range t.numbers() {
		ports = append(ports, fmt.Sprintf("port %d", n))
	}
	return "((tcp or udp) and (" + strings.Join(ports, " or ") + ")) or icmp or icmp6"
}

// addresses are all to which clients may connect.
func (t *captureTarget) addresses() []netip.Addr {
	texts := slices.Clone(t.also)
	if lb := t.service.LoadBalancer; lb != nil {
		texts = append(texts, lb.Addresses...)
	}
	for _, p := range t.pods {
		for _, ip := range p.Status.PodIPs {
			texts = append(texts, ip.IP)
		}
	}
	var all []netip.Addr
	for _, text := range texts {
		if a, err := netip.ParseAddr(text); err == nil {
			all = append(all, a)
		}
	}
	return all
}
