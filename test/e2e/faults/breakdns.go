package faults

import (
	"errors"

	corev1 "k8s.io/api/core/v1"
)

// publicName is a name of the lab's public zone.
func (c *Case) publicName() string { return c.Namespace + ".apps.example.com" }

// named adds external-dns's annotation for the public name.
func (c *Case) named() { c.annotate("external-dns.alpha.kubernetes.io/hostname", c.publicName()) }

// external turns the Service into an ExternalName.
func (c *Case) external(name string) {
	c.Service.Spec = corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: name}
	c.AnewService = true
}

// wrongZone is authoritative for the cluster's own names, and has none.
const wrongZone = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"coredns-custom",
"namespace":"kube-system"},"data":{"corp.server":"cluster.local:53 {\n  errors\n  hosts {\n    10.0.0.1 corp.cluster.local\n  }\n}\n"}}`

// dnsBreaks are names that do not resolve, or resolve to the wrong address.
func dnsBreaks() map[string]Broken {
	up := both(allReady, balanced)
	return map[string]Broken{
		"coredns-scaled-to-zero": {
			Alone: true,
			Inject: func(l Lab, _ *Case) error {
				return errors.Join(
					scaleDNS(l, "0"),
					l.Kubectl("wait", "--for=delete", "pods", "-n", "kube-system", "-l", "k8s-app=kube-dns", "--timeout=60s"),
				)
			},
			Clear: func(l Lab, _ *Case) error { return scaleDNS(l, "2") },
		},
		"coredns-custom-zone": {
			Alone:  true,
			Inject: func(l Lab, _ *Case) error { return errors.Join(apply(l, wrongZone), restartDNS(l)) },
			Clear: func(l Lab, _ *Case) error {
				return errors.Join(l.Kubectl("delete", "configmap", "coredns-custom", "-n", "kube-system", "--ignore-not-found"), restartDNS(l))
			},
		},
		"policy-misses-dns":     {Heals: true, Change: func(c *Case) { c.Add(c.letsOut()) }},
		"external-name-nowhere": {Change: func(c *Case) { c.external("absent." + c.publicName()) }},
		"public-name-stale": {
			Change: func(c *Case) { c.named(); c.balance(nil) }, Shows: up,
			Inject: func(l Lab, c *Case) error { return l.Zone("set", c.publicName(), "203.0.113.9") },
			Clear:  func(l Lab, c *Case) error { return l.Zone("remove", c.publicName()) },
		},
		"public-name-missing": {Change: func(c *Case) { c.named(); c.balance(nil) }, Shows: up},
	}
}

func scaleDNS(l Lab, replicas string) error {
	return errors.Join(l.Kubectl("scale", "deployment", "coredns", "-n", "kube-system", "--replicas="+replicas), rolledOut(l))
}

// restartDNS makes CoreDNS reload its zones now: otherwise the kubelet takes a minute to update them.
func restartDNS(l Lab) error {
	return errors.Join(l.Kubectl("rollout", "restart", "deployment", "coredns", "-n", "kube-system"), rolledOut(l))
}

func rolledOut(l Lab) error {
	return l.Kubectl("rollout", "status", "deployment", "coredns", "-n", "kube-system", "--timeout=120s")
}
