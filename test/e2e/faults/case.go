package faults

import (
	"fmt"
	"math/rand/v2"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// Image is the lab's test application.
const Image = "lab.akstools.dev/app:v1"

// Canary stands for a secret: it is in every environment variable, argument, annotation, Secret, ConfigMap, header and
// log line of the cases, and must not be in any output of a doctor.
const Canary = "c4n4ryZ7Qk2v9XwB3mTfLh8RyNp5DgS6"

// Case is an app with its Service in a namespace of its own, as it is applied. Faults modify it.
type Case struct {
	Rand        *rand.Rand
	Namespace   string
	Name        string // of the Service and of the Deployment
	Port        int32  // on which the app listens
	Level       string // of Pod Security that the namespace enforces; empty: none
	Deployment  *appsv1.Deployment
	Service     *corev1.Service
	Extra       []runtime.Object
	AnewService bool // re-create the Service instead of changing it, so that what was created for it is removed
}

// words are used to form names.
var words = []string{"cart", "orders", "login", "search", "stock", "mail", "price", "review", "invoice", "media"}

// NewCase returns a healthy case; its names and numbers are drawn from r.
func NewCase(r *rand.Rand, suffix string) *Case {
	name := fmt.Sprintf("%s-%s", words[r.IntN(len(words))], words[r.IntN(len(words))])
	c := &Case{Rand: r, Namespace: "corpus-" + suffix, Name: name, Port: 3000 + r.Int32N(6000)}
	if c.Port == 8080 || c.Port == 8443 { // doctors expect certain protocols on these
		c.Port++
	}
	c.Deployment = c.Workload(name, "a")
	servicePort := []int32{80, 8000, 9000 + r.Int32N(900)}[r.IntN(3)]
	target := intstr.FromInt32(c.Port)
	if r.IntN(2) == 0 {
		target = intstr.FromString("http")
	}
	c.Service = &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: c.Namespace, Labels: map[string]string{"app": name},
			Annotations: map[string]string{"lab.akstools.dev/note": Canary},
		},
		Spec: corev1.ServiceSpec{
			Selector: map[string]string{"app": name},
			Ports:    []corev1.ServicePort{{Name: "http", Port: servicePort, TargetPort: target, Protocol: corev1.ProtocolTCP}},
		},
	}
	c.Extra = []runtime.Object{
		&corev1.Secret{ObjectMeta: c.meta("app-secret"), StringData: map[string]string{"password": Canary}},
		&corev1.ConfigMap{ObjectMeta: c.meta("app-config"), Data: map[string]string{"setting": Canary}},
	}
	return c
}

func (c *Case) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: c.Namespace, Annotations: map[string]string{"lab.akstools.dev/note": Canary}}
}

// Workload returns a Deployment whose pods the Service selects; different variants do not select each other's pods.
func (c *Case) Workload(name, variant string) *appsv1.Deployment {
	labels := map[string]string{"app": c.Name, "variant": variant}
	return &appsv1.Deployment{
		ObjectMeta: c.meta(name),
		Spec: appsv1.DeploymentSpec{
			Replicas: ptr.To(1 + c.Rand.Int32N(2)),
			Strategy: appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType},
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: map[string]string{"lab.akstools.dev/note": Canary}},
				Spec: corev1.PodSpec{
					TerminationGracePeriodSeconds: ptr.To[int64](0),
					ServiceAccountName:            "default",
					Containers:                    []corev1.Container{c.container("app")},
				},
			},
		},
	}
}

func (c *Case) container(name string) corev1.Container {
	return corev1.Container{
		Name: name, Image: Image, ImagePullPolicy: corev1.PullIfNotPresent,
		Args:  []string{fmt.Sprintf("-http=%d", c.Port), "--", Canary},
		Env:   []corev1.EnvVar{{Name: "CANARY", Value: Canary}},
		Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: c.Port, Protocol: corev1.ProtocolTCP}},
		ReadinessProbe: &corev1.Probe{
			ProbeHandler:  corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/", Port: intstr.FromInt32(c.Port)}},
			PeriodSeconds: 1, FailureThreshold: 2,
		},
	}
}

// Pod is the template's spec.
func (c *Case) Pod() *corev1.PodSpec { return &c.Deployment.Spec.Template.Spec }

// App is the app's container.
func (c *Case) App() *corev1.Container { return &c.Pod().Containers[0] }

// Args replaces the app's arguments; the canary stays among them.
func (c *Case) Args(args ...string) { c.App().Args = append(args, "--", Canary) }

// Renew changes the pod template without effect, so that the pods are re-created.
func (c *Case) Renew() {
	c.Deployment.Spec.Template.Annotations["lab.akstools.dev/renewed"] = "yes"
}

// Add adds objects to the case.
func (c *Case) Add(objects ...runtime.Object) { c.Extra = append(c.Extra, objects...) }
