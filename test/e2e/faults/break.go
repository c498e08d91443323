package faults

import (
	"fmt"
	"maps"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// Broken is how a fault is created: by changing the applied objects, and by changing the lab.
type Broken struct {
	Change func(*Case) // changes the objects to apply
	// Inject breaks the running lab, Clear repairs it; either may be nil. They run after Change was applied.
	Inject, Clear func(Lab, *Case) error
	// Shows reports whether the fault has had its effect; before that, the doctor could only say that something is
	// starting.
	Shows func(State) bool
	Args  []string // additional arguments of the doctor
	// Target are the arguments that name the target; nil: the Service.
	Target func(*Case) []string
	Alone  bool // it affects other namespaces too
	Heals  bool // the printed fix with the number Fix repairs it
	Fix    int
}

// Lab changes the running lab.
type Lab interface {
	// On runs a command on a machine of the lab; Fault and Mend are `lab fault inject` and `lab fault clear`, Zone is
	// `lab dns`; Kubectl runs kubectl as administrator.
	On(machine string, argv ...string) error
	Fault(name string) error
	Mend(name string) error
	Zone(args ...string) error
	Kubectl(args ...string) error
	Nodes() []string
	Live(c *Case) State
}

// Breaks returns how each fault of All is created.
func Breaks() map[string]Broken {
	breaks := podBreaks()
	for _, more := range []map[string]Broken{
		appBreaks(), serviceBreaks(), policyBreaks(), balancerBreaks(), ingressBreaks(), gatewayBreaks(), dnsBreaks(), udpBreaks(),
	} {
		maps.Copy(breaks, more)
	}
	return breaks
}

func podBreaks() map[string]Broken {
	return map[string]Broken{
		"selector-value":       {Change: func(c *Case) { c.Service.Spec.Selector["app"] += "s" }},
		"selector-extra-label": {Change: func(c *Case) { c.Service.Spec.Selector["tier"] = "backend" }},
		"pods-relabelled": {Change: func(c *Case) {
			renamed := c.Name + "-v2"
			c.Deployment.Name = renamed
			c.Deployment.Spec.Selector.MatchLabels["app"] = renamed
		}},
		"quota-exceeded": {Change: func(c *Case) {
			c.Renew()
			c.Add(
				&corev1.ResourceQuota{
					ObjectMeta: c.meta("few"),
					Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{"pods": resource.MustParse("0")}},
				},
			)
		}, Shows: notMade},
		"scaled-to-zero": {
			Change: func(c *Case) { c.Deployment.Spec.Replicas = ptr.To[int32](0) },
			Shows:  func(s State) bool { return len(s.Pods) == 0 },
		},
		"pod-security-denies":     {Change: func(c *Case) { c.Renew(); c.Level = "restricted" }, Shows: notMade},
		"service-account-missing": {Change: func(c *Case) { c.Pod().ServiceAccountName = "nobody-made-me" }, Shows: notMade},
		"admission-policy-denies": {
			Change: func(c *Case) { c.Add(denyPods(c)...) }, Shows: notMade,
			Inject: func(l Lab, c *Case) error { // it takes a while until a policy is enforced
				for l.Kubectl("run", "try", "-n", c.Namespace, "--image="+Image, "--dry-run=server") == nil {
					time.Sleep(200 * time.Millisecond)
				}
				return l.Kubectl("delete", "pods", "--all", "-n", c.Namespace, "--grace-period=0", "--force")
			},
			Clear: func(Lab, *Case) error { return nil }, // the policy is removed with the applied objects
		},
		"node-selector-unmatched": {Change: func(c *Case) { c.Pod().NodeSelector = map[string]string{"disk": "golden"} }, Shows: unscheduled},
		"cpu-request-too-large": {Change: func(c *Case) {
			c.App().Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("500")}
		}, Shows: unscheduled},
		"claim-unbound": {Change: func(c *Case) {
			c.Add(&corev1.PersistentVolumeClaim{ObjectMeta: c.meta("data"), Spec: corev1.PersistentVolumeClaimSpec{
				AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}, StorageClassName: ptr.To(""),
				Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
			}})
			c.mount(corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data"}})
		}, Shows: unscheduled},
		"image-unreachable": {
			Change: func(c *Case) { c.App().Image = "registry.invalid/shop/app:v7" },
			Shows:  waits("ErrImagePull", "ImagePullBackOff"),
		},
		"image-name-invalid": {Change: func(c *Case) { c.App().Image = "Registry/UPPER:v1" }, Shows: waits("InvalidImageName")},
		"image-never-pulled": {Change: func(c *Case) {
			c.App().Image, c.App().ImagePullPolicy = "lab.akstools.dev/absent:v1", corev1.PullNever
		}, Shows: waits("ErrImageNeverPull")},
		"config-map-missing": {Change: func(c *Case) {
			c.App().EnvFrom = []corev1.EnvFromSource{
				{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "absent"}}},
			}
		}, Shows: waits("CreateContainerConfigError")},
		"secret-key-missing": {Change: func(c *Case) {
			c.App().Env = append(c.App().Env, corev1.EnvVar{Name: "TOKEN", ValueFrom: &corev1.EnvVarSource{
				SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "app-secret"}, Key: "absent"},
			}})
		}, Shows: waits("CreateContainerConfigError")},
		"non-root-image": {Change: func(c *Case) {
			c.App().SecurityContext = &corev1.SecurityContext{RunAsNonRoot: ptr.To(true)}
		}, Shows: waits("CreateContainerConfigError")},
		"command-not-found": {
			Change: func(c *Case) { c.App().Command = []string{"/absent"} },
			Shows:  anyOf(waits("RunContainerError", "CrashLoopBackOff"), ended("StartError")),
		},
		"volume-secret-missing": {Change: func(c *Case) {
			c.mount(corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "absent"}})
		}, Shows: event("FailedMount")},
		"init-container-fails": {Change: func(c *Case) {
			init := c.container("migrate")
			init.Args, init.Ports, init.ReadinessProbe = []string{"-crash-in=100ms"}, nil, nil
			c.Pod().InitContainers = []corev1.Container{init}
		}, Shows: restarted(1)},
		"crash-loop": {Change: func(c *Case) {
			c.Args(fmt.Sprintf("-http=%d", c.Port), "-crash-in=200ms")
			c.App().ReadinessProbe.InitialDelaySeconds = 5
		}, Shows: both(restarted(1), down)},
		"out-of-memory": {Change: func(c *Case) {
			c.Args(fmt.Sprintf("-http=%d", c.Port), "-eat=300")
			c.App().Resources.Limits = corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("64Mi")}
		}, Shows: both(ended("OOMKilled"), down)},
		"liveness-probe-fails": {Change: func(c *Case) {
			c.App().LivenessProbe = connects(c.Port+1, 1)
			c.App().LivenessProbe.TerminationGracePeriodSeconds = ptr.To[int64](1)
		}, Shows: both(restarted(2), down)},
		"startup-probe-fails": {Change: func(c *Case) {
			c.App().StartupProbe = connects(c.Port+1, 2)
			c.App().StartupProbe.TerminationGracePeriodSeconds = ptr.To[int64](1)
		}, Shows: both(restarted(2), down)},
		"readiness-status": {Change: func(c *Case) { c.Args(fmt.Sprintf("-http=%d", c.Port), "-status=500") }, Shows: running(22)},
		"readiness-port":   {Change: func(c *Case) { c.App().ReadinessProbe.HTTPGet.Port = intstr.FromInt32(c.Port + 1) }, Shows: running(22)},
		"readiness-timeout": {Change: func(c *Case) {
			c.Args(fmt.Sprintf("-http=%d", c.Port), "-delay=3s")
		}, Shows: running(22)},
		"readiness-gate": {Change: func(c *Case) {
			c.Pod().ReadinessGates = []corev1.PodReadinessGate{{ConditionType: "lab.akstools.dev/registered"}}
		}, Shows: both(containersReady, running(1))},
		"node-lost": {
			Alone: true, Change: func(c *Case) {
				c.Deployment.Spec.Replicas = ptr.To[int32](1)
				c.Pod().NodeSelector = map[string]string{corev1.LabelHostname: faultyNode}
			},
			Inject: func(l Lab, _ *Case) error { return l.Fault("kubelet-stopped") },
			Clear:  func(l Lab, _ *Case) error { return l.Mend("kubelet-stopped") },
			Shows:  func(s State) bool { return len(s.Pods) > 0 && !ready(s.Pods[0]) && running(1)(s) },
		},
		"starts-slowly": {Change: func(c *Case) { c.App().ReadinessProbe.InitialDelaySeconds = 300 }, Shows: running(1)},
		"one-pod-not-ready": {Change: func(c *Case) {
			second := c.Workload(c.Name+"-b", "b")
			second.Spec.Template.Spec.Containers[0].ReadinessProbe.HTTPGet.Port = intstr.FromInt32(c.Port + 1)
			c.Add(second)
		}, Shows: someRunning(22)},
	}
}

// faultyNode is the node that the lab's single-node faults break.
const faultyNode = "aks-nodepool1-12345678-vmss000001"

// goodNode is the other one.
const goodNode = "aks-nodepool1-12345678-vmss000000"

func (c *Case) mount(source corev1.VolumeSource) {
	c.Pod().Volumes = []corev1.Volume{{Name: "data", VolumeSource: source}}
	c.App().VolumeMounts = []corev1.VolumeMount{{Name: "data", MountPath: "/data"}}
}

// connects is a probe of a port that fails at once.
func connects(port int32, threshold int32) *corev1.Probe {
	return &corev1.Probe{
		ProbeHandler:  corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt32(port)}},
		PeriodSeconds: 1, FailureThreshold: threshold,
	}
}

func denyPods(c *Case) []objects {
	name := c.Namespace
	createPods := admissionv1.RuleWithOperations{
		Operations: []admissionv1.OperationType{admissionv1.Create},
		Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
	}
	return []objects{
		&admissionv1.ValidatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: admissionv1.ValidatingAdmissionPolicySpec{
			FailurePolicy: ptr.To(admissionv1.Fail),
			MatchConstraints: &admissionv1.MatchResources{
				ResourceRules: []admissionv1.NamedRuleWithOperations{{RuleWithOperations: createPods}},
			},
			Validations: []admissionv1.Validation{
				{
					Expression: "has(object.spec.priorityClassName) && object.spec.priorityClassName == 'golden'",
					Message:    "pods need the priority class golden",
				},
			},
		}},
		&admissionv1.ValidatingAdmissionPolicyBinding{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
				PolicyName: name, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
				MatchResources: &admissionv1.MatchResources{
					NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: c.Namespace}},
				},
			},
		},
	}
}

// slice returns a hand-made EndpointSlice for the case's Service.
func (c *Case) slice(address string, port int32) *discoveryv1.EndpointSlice {
	meta := c.meta(c.Name + "-by-hand")
	meta.Labels = map[string]string{discoveryv1.LabelServiceName: c.Name}
	return &discoveryv1.EndpointSlice{
		ObjectMeta: meta, AddressType: discoveryv1.AddressTypeIPv4,
		Ports: []discoveryv1.EndpointPort{
			{Name: ptr.To(c.Service.Spec.Ports[0].Name), Port: ptr.To(port), Protocol: ptr.To(corev1.ProtocolTCP)},
		},
		Endpoints: []discoveryv1.Endpoint{{Addresses: []string{address}, Conditions: discoveryv1.EndpointConditions{Ready: ptr.To(true)}}},
	}
}
