package faults

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/azurelb"
)

// balance makes the Service a LoadBalancer, with annotations of Azure's cloud provider and the allowed sources.
func (c *Case) balance(annotations map[string]string, sources ...string) {
	c.Service.Spec.Type, c.AnewService = corev1.ServiceTypeLoadBalancer, true
	c.Service.Spec.LoadBalancerSourceRanges = sources
	for name, value := range annotations {
		c.annotate(azurelb.Prefix+name, value)
	}
}

// Balance makes the Service a LoadBalancer.
func (c *Case) Balance() { c.balance(nil) }

func (c *Case) annotate(name, value string) {
	if c.Service.Annotations == nil {
		c.Service.Annotations = map[string]string{}
	}
	c.Service.Annotations[name] = value
}

// nodePortRule adds or deletes, on each node, a rule that drops packets to the Service's node port.
func nodePortRule(l Lab, c *Case, do string) error {
	return eachNode(
		l, "iptables", "-w", "-t", "raw", do, "PREROUTING", "-p", "tcp", "--dport",
		strconv.Itoa(int(l.Live(c).NodePort)), "-j", "DROP",
	)
}

// balancerBreaks are faults between the nodes and the client.
func balancerBreaks() map[string]Broken {
	up := both(allReady, balanced)
	refused := both(allReady, event("SyncLoadBalancerFailed"))
	firewall := func(l Lab, c *Case, do string) error {
		for range 100 {
			if at := l.Live(c).Balancer; at != "" {
				return l.On("client", "iptables", "-w", do, "OUTPUT", "-d", at, "-j", "DROP")
			}
			time.Sleep(200 * time.Millisecond)
		}
		return errors.New("the load balancer has no address")
	}
	return map[string]Broken{
		"balancer-address-unknown": {
			Change: func(c *Case) { c.balance(map[string]string{"azure-load-balancer-ipv4": "203.0.113.77"}) },
			Shows:  refused,
		},
		"balancer-port-taken": {
			Change: func(c *Case) {
				first := c.Service.DeepCopy()
				first.Name, first.Spec.Type = "first", corev1.ServiceTypeLoadBalancer
				first.Annotations[azurelb.Prefix+"azure-load-balancer-ipv4"] = fmt.Sprintf("10.220.1.%d", 200+c.Rand.IntN(50))
				c.AnewService = true
				c.Add(first)
			},
			Inject: func(l Lab, c *Case) error {
				first := c.Extra[len(c.Extra)-1].(*corev1.Service)
				name := azurelb.Prefix + "azure-load-balancer-ipv4"
				return errors.Join(
					l.Kubectl("wait", "--for=jsonpath={.status.loadBalancer.ingress}", "service/first", "-n", c.Namespace, "--timeout=60s"),
					l.Kubectl("annotate", "service", c.Name, "-n", c.Namespace, name+"="+first.Annotations[name]),
					l.Kubectl("patch", "service", c.Name, "-n", c.Namespace, "-p", `{"spec":{"type":"LoadBalancer"}}`))
			},
			Clear: func(Lab, *Case) error { return nil }, // the Service is re-created
			Shows: refused,
		},
		"balancer-probe-annotation": {
			Change: func(c *Case) { c.balance(map[string]string{"azure-load-balancer-health-probe-interval": "2"}) },
			Shows:  refused,
		},
		"balancer-class-unknown": {Change: func(c *Case) {
			c.balance(nil)
			c.Service.Spec.LoadBalancerClass = ptr.To("example.com/absent")
		}},
		"balancer-probe-404": {Heals: true, Change: func(c *Case) {
			c.odd("-status=404")
			c.balance(nil)
			c.Service.Spec.Ports[0].AppProtocol = ptr.To("http")
		}, Shows: up},
		"balancer-probe-path": {Heals: true, Change: func(c *Case) {
			c.odd("-status=404")
			c.balance(
				map[string]string{"azure-load-balancer-health-probe-protocol": "http", "azure-load-balancer-health-probe-request-path": "/absent"},
			)
		}, Shows: up},
		"balancer-probe-https": {
			Heals:  true,
			Change: func(c *Case) { c.balance(map[string]string{"azure-load-balancer-health-probe-protocol": "https"}) },
			Shows:  up,
		},
		"node-port-dropped": {
			Alone: true, Change: func(c *Case) { c.balance(nil) }, Shows: up,
			Inject: func(l Lab, c *Case) error { return nodePortRule(l, c, "-I") },
			Clear:  func(l Lab, c *Case) error { return nodePortRule(l, c, "-D") },
		},
		"source-ranges-miss-client":  {Change: func(c *Case) { c.balance(nil, "203.0.113.0/24") }, Shows: up},
		"allowed-ranges-miss-client": {Change: func(c *Case) { c.balance(nil, "203.0.113.0/24", "10.220.0.31/32") }, Shows: up},
		"client-firewall": {
			Alone: true, Change: func(c *Case) { c.balance(nil) }, Shows: up,
			Inject: func(l Lab, c *Case) error { return firewall(l, c, "-I") },
			Clear:  func(l Lab, c *Case) error { return firewall(l, c, "-D") },
		},
	}
}
