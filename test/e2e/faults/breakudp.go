package faults

import (
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func udpBreaks() map[string]Broken {
	return map[string]Broken{
		"udp-not-served": {Change: func(c *Case) {
			c.datagrams("data", fmt.Sprintf("-http=%d", c.Port))
			c.App().ReadinessProbe = connects(c.Port, 1)
		}, Shows: allReady},
		"protocol-udp-refused": {Change: func(c *Case) {
			c.datagrams("data", fmt.Sprintf("-tcp=%d", c.Port+1))
			c.App().Ports[0].Protocol = corev1.ProtocolTCP
			c.Service.Spec.Ports[0].TargetPort = intstr.FromInt32(c.Port)
		}, Shows: allReady},
		"dns-app-silent": {Change: func(c *Case) { c.datagrams("dns", "-hang", fmt.Sprintf("-udp=%d", c.Port)) }, Shows: allReady},
		"dns-policy-denies-in": {Change: func(c *Case) {
			c.datagrams("dns", fmt.Sprintf("-udp=%d", c.Port))
			c.Add(c.policy("default-deny", networkingv1.NetworkPolicySpec{}))
		}, Shows: allReady},
		"datagrams-to-cluster-ip-dropped": {
			Change: func(c *Case) { c.datagrams("data", fmt.Sprintf("-udp=%d", c.Port)) },
			Inject: func(l Lab, c *Case) error { return clusterIPDatagrams(l, c, "-I") },
			Clear:  func(l Lab, c *Case) error { return clusterIPDatagrams(l, c, "-D") },
			Shows:  allReady,
		},
	}
}

func udpSetups() map[string]Broken {
	return map[string]Broken{
		"udp-silent": {Change: func(c *Case) { c.datagrams("statsd", "-hang", fmt.Sprintf("-udp=%d", c.Port)) }, Shows: allReady},
		"dns-only":   {Change: func(c *Case) { c.datagrams("dns", fmt.Sprintf("-udp=%d", c.Port)) }, Shows: allReady},
	}
}

// datagrams makes UDP the protocol of the app's only port, and the Service's.
func (c *Case) datagrams(name string, args ...string) {
	c.Args(args...)
	c.App().ReadinessProbe = nil
	c.App().Ports[0].Name, c.App().Ports[0].Protocol = name, corev1.ProtocolUDP
	p := &c.Service.Spec.Ports[0]
	p.Name, p.Protocol, p.TargetPort = name, corev1.ProtocolUDP, intstr.FromInt32(c.Port)
}

func clusterIPDatagrams(l Lab, c *Case, do string) error {
	return eachNode(l, "iptables", "-w", "-t", "raw", do, "PREROUTING", "-d", l.Live(c).ClusterIP, "-p", "udp", "--dport",
		strconv.Itoa(int(c.Service.Spec.Ports[0].Port)), "-j", "DROP")
}
