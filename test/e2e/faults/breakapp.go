package faults

import (
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

func appBreaks() map[string]Broken {
	return map[string]Broken{
		"app-on-localhost": {Change: func(c *Case) {
			c.Args(fmt.Sprintf("-http=%d", c.Port), "-bind=127.0.0.1")
			c.App().ReadinessProbe = nil
		}, Shows: allReady},
		"app-on-another-port": {Change: func(c *Case) {
			c.Args(fmt.Sprintf("-http=%d", c.Port+1))
			c.App().ReadinessProbe = nil
		}, Shows: allReady},
		"pod-port-dropped": {
			Inject: func(l Lab, c *Case) error { return eachPodRule(l, c, "-I") },
			Clear:  func(l Lab, c *Case) error { return eachPodRule(l, c, "-D") },
		},
		"dropped-under-policy": {
			Change: func(c *Case) {
				c.Add(c.policy("callers", networkingv1.NetworkPolicySpec{
					PodSelector: metav1.LabelSelector{MatchLabels: map[string]string{"app": c.Name}},
					Ingress:     []networkingv1.NetworkPolicyIngressRule{{From: ownNamespace}},
				}))
			},
			Inject: func(l Lab, c *Case) error { return eachPodRule(l, c, "-I") },
			Clear:  func(l Lab, c *Case) error { return eachPodRule(l, c, "-D") },
		},
		"app-hangs": {Change: func(c *Case) {
			c.Args(fmt.Sprintf("-http=%d", c.Port), "-hang")
			c.App().ReadinessProbe = connects(c.Port, 1)
		}, Shows: allReady},
		"app-resets": {Change: func(c *Case) {
			c.Args(fmt.Sprintf("-tcp-reset=%d", c.Port))
			c.App().ReadinessProbe = connects(c.Port, 1)
		}, Shows: allReady},
		"http-on-https-port": {Change: func(c *Case) {
			c.Service.Spec.Ports[0].Name = "https"
			c.App().ReadinessProbe = connects(c.Port, 1)
		}, Shows: allReady},
		"https-on-http-port": {Change: func(c *Case) {
			c.Args(fmt.Sprintf("-https=%d", c.Port))
			c.App().ReadinessProbe = connects(c.Port, 1)
		}, Shows: allReady},
		"app-status-500": {Change: func(c *Case) {
			c.Args(fmt.Sprintf("-http=%d", c.Port), "-status=500")
			c.App().ReadinessProbe = connects(c.Port, 1)
		}, Shows: allReady},
		"certificate-expired": {Change: func(c *Case) {
			c.Args(fmt.Sprintf("-https=%d", c.Port), "-cert-expired")
			c.App().ReadinessProbe.HTTPGet.Scheme = corev1.URISchemeHTTPS
			c.Service.Spec.Ports[0].Name = "https"
		}, Shows: allReady},
		"one-pod-does-not-listen": {Change: func(c *Case) {
			second := c.Workload(c.Name+"-b", "b")
			app := &second.Spec.Template.Spec.Containers[0]
			app.Args, app.ReadinessProbe = []string{fmt.Sprintf("-http=%d", c.Port+1)}, nil
			c.Add(second)
		}, Shows: allReady},
	}
}

func serviceBreaks() map[string]Broken {
	return map[string]Broken{
		"target-port-number": {Change: func(c *Case) { c.Service.Spec.Ports[0].TargetPort = intstr.FromInt32(c.Port + 7) }},
		"target-port-name":   {Change: func(c *Case) { c.Service.Spec.Ports[0].TargetPort = intstr.FromString("web") }},
		"protocol-udp": {Change: func(c *Case) {
			c.Service.Spec.Ports[0].Protocol, c.Service.Spec.Ports[0].TargetPort = corev1.ProtocolUDP, intstr.FromInt32(c.Port)
		}},
		"no-endpoints-made": {Change: func(c *Case) { c.Service.Spec.Selector, c.AnewService = nil, true }},
		"endpoints-stale": {
			Alone: true,
			Inject: func(l Lab, c *Case) error {
				if err := l.Fault("controller-manager-stopped"); err != nil {
					return err
				}
				// the pods are replaced by others with other addresses
				if err := l.Kubectl("delete", "pods", "--all", "-n", c.Namespace, "--force", "--grace-period=0"); err != nil {
					return err
				}
				return l.Kubectl("run", "by-hand", "-n", c.Namespace, "--image="+Image, "--labels=app="+c.Name, "--port="+strconv.Itoa(int(c.Port)),
					"--overrides="+fmt.Sprintf(`{"spec":{"terminationGracePeriodSeconds":0,
"containers":[{"name":"by-hand","image":%q,"args":["-http=%d"],"ports":[{"name":"http","containerPort":%d}]}]}}`, Image, c.Port, c.Port))
			},
			Clear: func(l Lab, c *Case) error {
				if err := l.Kubectl("delete", "pod", "by-hand", "-n", c.Namespace, "--ignore-not-found", "--force", "--grace-period=0"); err != nil {
					return err
				}
				return l.Mend("controller-manager-stopped")
			},
			Shows: both(allReady, func(s State) bool { return len(s.Pods) == 1 }),
		},
		"foreign-endpoint": {Change: func(c *Case) { c.Add(c.slice("10.244.0.250", c.Port)) }},
		"manual-endpoint-port": {Change: func(c *Case) {
			c.Service.Spec.Selector, c.AnewService = nil, true
			c.Add(c.slice("10.220.0.20", 1))
		}},
		"kube-proxy-stale": {
			Alone:  true,
			Change: func(c *Case) { c.Deployment.Spec.Replicas = ptr.To[int32](2) },
			Inject: func(l Lab, c *Case) error {
				if err := l.Fault("kube-proxy-down"); err != nil {
					return err
				}
				return l.Kubectl("delete", "pods", "--all", "-n", c.Namespace, "--force", "--grace-period=0")
			},
			Clear: func(l Lab, _ *Case) error { return l.Mend("kube-proxy-down") },
			Shows: both(allReady, func(s State) bool { return len(s.Pods) == 2 }),
		},
		"one-node-drops-cluster-ip": {
			Args: []string{"--node-probes"}, Shows: allReady,
			Change: func(c *Case) { // the test pod runs where a pod of the app does
				c.Deployment.Spec.Replicas = ptr.To[int32](1)
				c.Pod().NodeSelector = map[string]string{corev1.LabelHostname: goodNode}
			},
			Inject: func(l Lab, c *Case) error {
				return l.On(faultyNode, "iptables", "-w", "-t", "raw", "-I", "PREROUTING", "-d", l.Live(c).ClusterIP, "-j", "DROP")
			},
			Clear: func(l Lab, c *Case) error {
				return l.On(faultyNode, "iptables", "-w", "-t", "raw", "-D", "PREROUTING", "-d", l.Live(c).ClusterIP, "-j", "DROP")
			},
		},
		"cluster-ip-dropped": {
			Inject: func(l Lab, c *Case) error { return clusterIPRule(l, c, "-I", "raw", "-j", "DROP") },
			Clear:  func(l Lab, c *Case) error { return clusterIPRule(l, c, "-D", "raw", "-j", "DROP") },
		},
		"cluster-ip-rejected": {
			Inject: func(l Lab, c *Case) error {
				return clusterIPRule(l, c, "-I", "nat", "-j", "DNAT", "--to-destination", "10.220.0.20:1")
			},
			Clear: func(l Lab, c *Case) error {
				return clusterIPRule(l, c, "-D", "nat", "-j", "DNAT", "--to-destination", "10.220.0.20:1")
			},
		},
	}
}

// clusterIPRule adds or deletes, on each node, a rule for packets to the Service's ClusterIP before kube-proxy sees them.
func clusterIPRule(l Lab, c *Case, do, table string, rule ...string) error {
	live := l.Live(c)
	port := strconv.Itoa(int(c.Service.Spec.Ports[0].Port))
	return eachNode(
		l,
		append([]string{"iptables", "-w", "-t", table, do, "PREROUTING", "-d", live.ClusterIP, "-p", "tcp", "--dport", port}, rule...)...,
	)
}

// eachPodRule adds or deletes, on each node, a rule that drops packets to the app's port of each pod.
func eachPodRule(l Lab, c *Case, do string) error {
	for _, p := range l.Live(c).Pods {
		if err := eachNode(l, "iptables", "-w", "-t", "raw", do, "PREROUTING",
			"-d", p.Status.PodIP, "-p", "tcp", "--dport", strconv.Itoa(int(c.Port)), "-j", "DROP"); err != nil {
			return err
		}
	}
	return nil
}

func eachNode(l Lab, argv ...string) error {
	for _, node := range l.Nodes() {
		if err := l.On(node, argv...); err != nil {
			return err
		}
	}
	return nil
}
