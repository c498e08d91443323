package faults

import (
	"errors"
	"fmt"
	"slices"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// ingress returns an Ingress of Traefik's class that routes the public name to the Service.
func (c *Case) ingress(path string, pathType networkingv1.PathType) *networkingv1.Ingress {
	rules := &networkingv1.HTTPIngressRuleValue{
		Paths: []networkingv1.HTTPIngressPath{{Path: path, PathType: &pathType, Backend: c.backend()}},
	}
	return &networkingv1.Ingress{
		ObjectMeta: c.meta("front"),
		Spec: networkingv1.IngressSpec{
			IngressClassName: ptr.To("traefik"),
			Rules: []networkingv1.IngressRule{
				{Host: c.publicName(), IngressRuleValue: networkingv1.IngressRuleValue{HTTP: rules}},
			},
		},
	}
}

func (c *Case) backend() networkingv1.IngressBackend {
	return networkingv1.IngressBackend{
		Service: &networkingv1.IngressServiceBackend{Name: c.Name, Port: networkingv1.ServiceBackendPort{Number: c.Service.Spec.Ports[0].Port}},
	}
}

// Front adds an Ingress for all paths of the case's public name.
func (c *Case) Front() { c.fronted(nil) }

// fronted adds an Ingress for all paths, modified by change. If another fault of the case has added it already, that
// one is modified.
func (c *Case) fronted(change func(*networkingv1.Ingress)) {
	at := slices.IndexFunc(c.Extra, func(o runtime.Object) bool { _, ok := o.(*networkingv1.Ingress); return ok })
	if at < 0 {
		c.Add(c.ingress("/", networkingv1.PathTypePrefix))
		at = len(c.Extra) - 1
	}
	if i, ok := c.Extra[at].(*networkingv1.Ingress); ok && change != nil {
		change(i)
	}
}

// secured adds TLS for the Ingress's host, with the Secret cert.
func (c *Case) secured(i *networkingv1.Ingress) {
	i.Spec.TLS = []networkingv1.IngressTLS{{Hosts: []string{i.Spec.Rules[0].Host}, SecretName: "cert"}}
}

func firstPath(i *networkingv1.Ingress) *networkingv1.HTTPIngressPath {
	return &i.Spec.Rules[0].HTTP.Paths[0]
}

// entered reports whether the Ingress has its address.
func entered(s State) bool { return s.Entrance != "" }

// resolved makes the public name resolve to the Ingress's address.
func resolved(b Broken) Broken {
	b.Shows = both(allReady, entered)
	b.Inject = func(l Lab, c *Case) error {
		at, err := entrance(l, c)
		return errors.Join(err, l.Zone("set", c.publicName(), at))
	}
	b.Clear = func(l Lab, c *Case) error { return l.Zone("remove", c.publicName()) }
	return b
}

// entrance waits for the Ingress's address.
func entrance(l Lab, c *Case) (string, error) {
	for range 100 {
		if at := l.Live(c).Entrance; at != "" {
			return at, nil
		}
		time.Sleep(200 * time.Millisecond)
	}
	return "", errors.New("the Ingress has no address")
}

// dropsFromClient adds or deletes, on the client, a rule that drops packets to the Ingress's address.
func dropsFromClient(do string) func(Lab, *Case) error {
	return func(l Lab, c *Case) error {
		at, err := entrance(l, c)
		if err != nil {
			return err
		}
		return l.On("client", "iptables", "-w", do, "OUTPUT", "-d", at, "-j", "DROP")
	}
}

// once injects the fault when the object satisfies wait, because its controller must have seen it before.
func once(wait, object string, inject func(Lab, *Case) error) func(Lab, *Case) error {
	return func(l Lab, c *Case) error {
		if err := l.Kubectl("wait", object, "-n", c.Namespace, "--for="+wait, "--timeout=60s"); err != nil {
			return err
		}
		return inject(l, c)
	}
}

func scaleTraefik(replicas string) func(Lab, *Case) error {
	return func(l Lab, _ *Case) error {
		return errors.Join(
			l.Kubectl("scale", "deployment", "traefik", "-n", "traefik", "--replicas="+replicas),
			l.Kubectl("rollout", "status", "deployment", "traefik", "-n", "traefik", "--timeout=120s"),
		)
	}
}

// ingressBreaks are faults between the Service and the Ingress's controller, and in front of the controller.
func ingressBreaks() map[string]Broken {
	up := both(allReady, entered)
	return map[string]Broken{
		"ingress-port-number": {Change: func(c *Case) {
			c.fronted(func(i *networkingv1.Ingress) { firstPath(i).Backend.Service.Port.Number = c.Port + 7 })
		}, Shows: allReady},
		"ingress-port-name": {Change: func(c *Case) {
			c.fronted(func(i *networkingv1.Ingress) {
				firstPath(i).Backend.Service.Port = networkingv1.ServiceBackendPort{Name: "web"}
			})
		}, Shows: allReady},
		"ingress-backend-missing": resolved(Broken{Change: func(c *Case) {
			c.fronted(func(i *networkingv1.Ingress) {
				other := *firstPath(i).DeepCopy()
				other.Path, other.Backend.Service.Name = "/api", "api"
				i.Spec.Rules[0].HTTP.Paths = append(i.Spec.Rules[0].HTTP.Paths, other)
			})
		}}),
		"ingress-class-unknown": {Change: func(c *Case) {
			c.fronted(func(i *networkingv1.Ingress) { i.Spec.IngressClassName = ptr.To("nginx-internal") })
		}, Shows: allReady},
		"ingress-class-without-controller": {Change: func(c *Case) {
			name := "appgw-" + c.Namespace
			c.Add(
				&networkingv1.IngressClass{
					ObjectMeta: metav1.ObjectMeta{Name: name},
					Spec:       networkingv1.IngressClassSpec{Controller: "azure/application-gateway"},
				},
			)
			c.fronted(func(i *networkingv1.Ingress) { i.Spec.IngressClassName = &name })
		}, Shows: allReady},
		"ingress-controller-down": {
			Alone: true, Change: func(c *Case) { c.fronted(nil) }, Shows: up,
			Inject: once("jsonpath={.status.loadBalancer.ingress}", "ingress/front", scaleTraefik("0")),
			Clear:  scaleTraefik("1"),
		},
		"ingress-host-twice": resolved(Broken{Change: func(c *Case) {
			c.fronted(nil)
			second := c.ingress("/", networkingv1.PathTypePrefix)
			second.Name = "second"
			other := c.Service.DeepCopy()
			other.Name = c.Name + "-b"
			firstPath(second).Backend.Service.Name = other.Name
			c.Add(other, second)
		}}),
		"tls-secret-missing":    {Change: func(c *Case) { c.fronted(c.secured) }, Shows: up},
		"tls-secret-other-host": {Change: func(c *Case) { c.fronted(c.secured); c.Add(c.certificate("other.example.com", 90*day)) }, Shows: up},
		"tls-secret-expired":    {Change: func(c *Case) { c.fronted(c.secured); c.Add(c.certificate(c.publicName(), -2*day)) }, Shows: up},
		"tls-secret-expires-soon": resolved(Broken{Change: func(c *Case) {
			c.fronted(c.secured)
			c.Add(c.certificate(c.publicName(), 2*day))
		}}),
		"ingress-path-exact": {Args: []string{"--path=/shop/cart"}, Change: func(c *Case) {
			c.Add(c.ingress("/shop", networkingv1.PathTypeExact))
		}, Shows: up},
		"ingress-host-other": {Args: []string{"--host=ww.example.com"}, Change: func(c *Case) { c.fronted(nil) }, Shows: up},
		"ingress-backend-tls": resolved(Broken{Heals: true, Change: func(c *Case) {
			c.tls()
			c.fronted(nil)
		}}),
		"ingress-slow-app": {Change: func(c *Case) {
			c.odd("-delay=2500ms")
			c.fronted(nil)
		}, Shows: up},
		"ingress-policy-bars-controller": resolved(Broken{Heals: true, Change: func(c *Case) {
			c.Add(c.letsIn(networkingv1.NetworkPolicyIngressRule{From: ownNamespace}))
			c.fronted(nil)
		}}),
		"ingress-name-missing": {Change: func(c *Case) { c.fronted(nil) }, Shows: up},
		"ingress-name-stale": {
			Change: func(c *Case) { c.fronted(nil) }, Shows: up,
			Target: func(c *Case) []string {
				return []string{"svc/" + c.Name, "-n", c.Namespace, "--host=" + c.publicName()}
			},
			Inject: func(l Lab, c *Case) error { return l.Zone("set", c.publicName(), "203.0.113.9") },
			Clear:  func(l Lab, c *Case) error { return l.Zone("remove", c.publicName()) },
		},
		"ingress-client-firewall": {
			Alone: true, Change: func(c *Case) { c.fronted(nil) }, Shows: up,
			Inject: func(l Lab, c *Case) error {
				at, err := entrance(l, c)
				return errors.Join(err, l.Zone("set", c.publicName(), at), dropsFromClient("-I")(l, c))
			},
			Clear: func(l Lab, c *Case) error {
				return errors.Join(l.Zone("remove", c.publicName()), dropsFromClient("-D")(l, c))
			},
		},
	}
}

// tls makes the app serve TLS on a port whose name and number do not say so.
func (c *Case) tls() {
	c.Args(fmt.Sprintf("-https=%d", c.Port), "-cert-host="+c.publicName())
	c.App().ReadinessProbe = connects(c.Port, 1)
	c.App().Ports[0].Name, c.Service.Spec.Ports[0].Name = "data", "data"
	c.Service.Spec.Ports[0].TargetPort = intstr.FromInt32(c.Port)
	c.Service.Spec.Ports[0].Port, c.AnewService = 9999, true
}

// ingressSetups are healthy set-ups.
func ingressSetups() map[string]Broken {
	return map[string]Broken{
		"ingress": resolved(Broken{Change: func(c *Case) { c.fronted(nil) }}),
		"ingress-tls": resolved(Broken{Change: func(c *Case) {
			c.fronted(c.secured)
			c.Add(c.certificate(c.publicName(), 90*day))
		}}),
		"ingress-wildcard": {Change: func(c *Case) {
			c.fronted(func(i *networkingv1.Ingress) { i.Spec.Rules[0].Host = "*." + c.publicName() })
		}, Shows: both(allReady, entered), Inject: func(l Lab, c *Case) error {
			at, err := entrance(l, c)
			return errors.Join(err, l.Zone("set", "akstools."+c.publicName(), at))
		}, Clear: func(l Lab, c *Case) error { return l.Zone("remove", "akstools."+c.publicName()) }},
		"ingress-paths": resolved(Broken{Change: func(c *Case) {
			c.odd("-status=404") // for / only: the Ingress does not route there
			c.Add(c.ingress("/count", networkingv1.PathTypePrefix))
		}}),
		"ingress-default-backend": {Change: func(c *Case) {
			c.fronted(func(i *networkingv1.Ingress) {
				i.Spec.Rules, i.Spec.DefaultBackend = nil, ptr.To(c.backend())
			})
		}, Shows: both(allReady, entered)},
		"ingress-app-401": resolved(Broken{Change: func(c *Case) { c.odd("-status=401"); c.fronted(nil) }}),
	}
}
