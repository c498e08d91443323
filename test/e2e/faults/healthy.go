package faults

import (
	"fmt"
	"maps"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// Setups returns how each set-up of Healthy is created.
func Setups() map[string]Broken {
	setups := ingressSetups()
	maps.Copy(setups, gatewaySetups())
	maps.Copy(setups, udpSetups())
	maps.Copy(setups, ownSetups())
	return setups
}

func ownSetups() map[string]Broken {
	return map[string]Broken{
		"plain":    {},
		"headless": {Change: func(c *Case) { c.Service.Spec.ClusterIP, c.AnewService = corev1.ClusterIPNone, true }},
		"selectorless": {Change: func(c *Case) {
			c.Service.Spec.Selector, c.AnewService = nil, true
			c.Pod().HostNetwork = true
			c.Deployment.Spec.Replicas = ptr.To[int32](1)
			c.Pod().NodeSelector = map[string]string{corev1.LabelHostname: faultyNode}
			c.Add(c.slice("10.220.0.21", c.Port))
		}},
		"host-network": {Change: func(c *Case) {
			c.Pod().HostNetwork = true
			c.Deployment.Spec.Replicas = ptr.To[int32](1)
			c.App().Ports[0].HostPort = c.Port
		}},
		"publish-not-ready": {Change: func(c *Case) {
			c.Service.Spec.PublishNotReadyAddresses = true
			c.App().ReadinessProbe.HTTPGet.Port = intstr.FromInt32(c.Port + 1)
		}, Shows: running(22)},
		"sidecar": {Change: func(c *Case) {
			sidecar := c.container("proxy")
			sidecar.Args, sidecar.Ports, sidecar.ReadinessProbe = []string{fmt.Sprintf("-http=%d", c.Port+1)}, nil, nil
			sidecar.RestartPolicy = ptr.To(corev1.ContainerRestartPolicyAlways)
			c.Pod().InitContainers = []corev1.Container{sidecar}
		}},
		"finished-job": {Change: func(c *Case) {
			once := c.container("once")
			once.Image, once.Command = "mcr.microsoft.com/azurelinux/busybox:1.36", []string{"true"}
			once.Args, once.Ports, once.ReadinessProbe = nil, nil, nil
			c.Add(&batchv1.Job{ObjectMeta: c.meta("migrate"), Spec: batchv1.JobSpec{Template: corev1.PodTemplateSpec{
				ObjectMeta: c.Deployment.Spec.Template.ObjectMeta,
				Spec:       corev1.PodSpec{RestartPolicy: corev1.RestartPolicyNever, Containers: []corev1.Container{once}},
			}}})
			delete(c.Extra[len(c.Extra)-1].(*batchv1.Job).Spec.Template.Labels, "variant")
		}, Shows: jobDone},
		"undeclared-port": {Change: func(c *Case) {
			c.App().Ports = nil
			c.Service.Spec.Ports[0].TargetPort = intstr.FromInt32(c.Port)
		}},
		"port-name-twice": {Change: func(c *Case) {
			c.Service.Spec.Ports[0].TargetPort = intstr.FromString("http")
			second := c.Workload(c.Name+"-b", "b")
			app := &second.Spec.Template.Spec.Containers[0]
			app.Args = []string{fmt.Sprintf("-http=%d", c.Port+1)}
			app.Ports[0].ContainerPort, app.ReadinessProbe.HTTPGet.Port = c.Port+1, intstr.FromInt32(c.Port+1)
			c.Add(second)
		}},
		"answers-404": {Change: func(c *Case) { c.odd("-status=404") }},
		"answers-401": {Change: func(c *Case) { c.odd("-status=401") }},
		"tcp-only": {Change: func(c *Case) {
			c.Args(fmt.Sprintf("-tcp-sink=%d", c.Port))
			c.App().ReadinessProbe = connects(c.Port, 1)
			c.App().Ports[0].Name, c.Service.Spec.Ports[0].Name = "data", "data"
			c.Service.Spec.Ports[0].Port, c.Service.Spec.Ports[0].TargetPort = 80, intstr.FromInt32(c.Port)
		}},
		"tls-self-signed": {Change: func(c *Case) {
			c.Args(fmt.Sprintf("-https=%d", c.Port))
			c.App().ReadinessProbe.HTTPGet.Scheme = corev1.URISchemeHTTPS
			c.Service.Spec.Ports[0].Name, c.Service.Spec.Ports[0].AppProtocol = "web", ptr.To("https")
		}},
		"restarted-once": {Change: func(c *Case) {
			// the app exits once: the second time its marker exists
			c.App().Image = "mcr.microsoft.com/azurelinux/busybox:1.36"
			c.App().Command = []string{
				"sh", "-c",
				fmt.Sprintf("[ -e /data/was ] || { touch /data/was; exit 1; }; exec httpd -f -p %d -h /etc", c.Port),
			}
			c.App().Args = nil
			c.App().ReadinessProbe = connects(c.Port, 1)
			c.mount(corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}})
		}, Shows: both(restarted(1), allReady)},
		"multi-port": {Change: func(c *Case) {
			c.Args(
				fmt.Sprintf("-http=%d", c.Port), fmt.Sprintf("-https=%d", c.Port+1), fmt.Sprintf("-tcp=%d", c.Port+2),
				fmt.Sprintf("-udp=%d", c.Port+3),
			)
			c.Service.Spec.Ports = append(c.Service.Spec.Ports,
				corev1.ServicePort{Name: "https", Port: 7443, TargetPort: intstr.FromInt32(c.Port + 1)},
				corev1.ServicePort{Name: "tcp-data", Port: 7001, TargetPort: intstr.FromInt32(c.Port + 2)},
				corev1.ServicePort{Name: "udp-data", Port: 7001, TargetPort: intstr.FromInt32(c.Port + 3), Protocol: corev1.ProtocolUDP})
		}},
		"session-affinity": {Change: func(c *Case) { c.Service.Spec.SessionAffinity = corev1.ServiceAffinityClientIP }},
		"slow-start": {Change: func(c *Case) {
			c.Args(fmt.Sprintf("-http=%d", c.Port), "-start-delay=6s")
			c.App().StartupProbe = connects(c.Port, 30)
			c.App().LivenessProbe = connects(c.Port, 2)
		}},
		"slow-answer": {Change: func(c *Case) { c.odd("-delay=1500ms") }},
		"restricted-namespace": {Change: func(c *Case) {
			c.Level = "restricted"
			c.Pod().SecurityContext = &corev1.PodSecurityContext{
				RunAsNonRoot: ptr.To(true), RunAsUser: ptr.To[int64](1000),
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			}
			c.App().SecurityContext = &corev1.SecurityContext{
				AllowPrivilegeEscalation: ptr.To(false),
				Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			}
		}},
		"failed-pods-left": {Change: func(c *Case) {
			once := c.container("app")
			once.Image, once.Args, once.Command, once.ReadinessProbe = "mcr.microsoft.com/azurelinux/busybox:1.36", nil, []string{"false"}, nil
			meta := c.meta(c.Name + "-evicted")
			meta.Labels = map[string]string{"app": c.Name}
			c.Add(
				&corev1.Pod{ObjectMeta: meta, Spec: corev1.PodSpec{RestartPolicy: corev1.RestartPolicyNever, Containers: []corev1.Container{once}}},
			)
		}, Shows: func(s State) bool { return somePhase(s, corev1.PodFailed) && somePhase(s, corev1.PodRunning) }},
		"policy-lets-namespace": {Change: func(c *Case) {
			c.Add(c.policy("default-deny", networkingv1.NetworkPolicySpec{}),
				c.letsIn(networkingv1.NetworkPolicyIngressRule{From: ownNamespace, Ports: port(c.Port)}))
		}},
		"policy-names-port": {Change: func(c *Case) {
			c.Add(
				c.letsIn(networkingv1.NetworkPolicyIngressRule{Ports: []networkingv1.NetworkPolicyPort{{Port: ptr.To(intstr.FromString("http"))}}}),
			)
		}},
		"policy-lets-out": {Change: func(c *Case) {
			c.Add(c.letsOut(networkingv1.NetworkPolicyEgressRule{
				To: []networkingv1.NetworkPolicyPeer{
					{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: metav1.NamespaceSystem}}},
				},
				Ports: []networkingv1.NetworkPolicyPort{{Protocol: ptr.To(corev1.ProtocolUDP), Port: ptr.To(intstr.FromInt32(53))}},
			}))
		}},
		"balancer": {Change: func(c *Case) { c.balance(nil) }, Shows: both(allReady, balanced)},
		"balancer-local": {Change: func(c *Case) {
			c.balance(nil)
			c.Service.Spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyLocal
		}, Shows: both(allReady, balanced)},
		"balancer-probe-answered": {Change: func(c *Case) {
			c.odd("-status=404")
			c.balance(map[string]string{"azure-load-balancer-health-probe-request-path": "/count"})
			c.Service.Spec.Ports[0].AppProtocol = ptr.To("http")
		}, Shows: both(allReady, balanced)},
		"balancer-internal": {
			Change: func(c *Case) { c.balance(map[string]string{"azure-load-balancer-internal": "true"}) },
			Shows:  both(allReady, balanced),
		},
		"source-ranges-hold-client": {Change: func(c *Case) { c.balance(nil, "10.220.0.0/24") }, Shows: both(allReady, balanced)},
		"public-name": {
			Change: func(c *Case) { c.named(); c.balance(nil) }, Shows: both(allReady, balanced),
			Inject: func(l Lab, c *Case) error { return l.Zone("set", c.publicName(), l.Live(c).Balancer) },
			Clear:  func(l Lab, c *Case) error { return l.Zone("remove", c.publicName()) },
		},
		"node-probes": {Args: []string{"--node-probes"}},
		"external-name": {
			Change: func(c *Case) { c.external(c.publicName()) },
			Inject: func(l Lab, c *Case) error { return l.Zone("set", c.publicName(), "203.0.113.9") },
			Clear:  func(l Lab, c *Case) error { return l.Zone("remove", c.publicName()) },
		},
		"internal-traffic-local": {
			Change: func(c *Case) { c.Service.Spec.InternalTrafficPolicy = ptr.To(corev1.ServiceInternalTrafficPolicyLocal) },
		},
	}
}

// odd makes the app answer in an odd way that its readiness probe does not see.
func (c *Case) odd(arg string) {
	c.Args(fmt.Sprintf("-http=%d", c.Port), arg)
	c.App().ReadinessProbe = connects(c.Port, 1)
}

func jobDone(s State) bool {
	return somePhase(s, corev1.PodSucceeded) && somePhase(s, corev1.PodRunning)
}

func somePhase(s State, phase corev1.PodPhase) bool {
	for _, p := range s.Pods {
		if p.Status.Phase == phase {
			return true
		}
	}
	return false
}
