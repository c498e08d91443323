package faults

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// certificate returns a self-signed certificate for the host and its key, as PEM.
func certificate(host string) (cert, key []byte, err error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k)
	if err != nil {
		return nil, nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	cert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	key = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	return cert, key, err
}

// served returns a webhook for ConfigMaps in namespace default that the lab's app answers after the delay.
func served(delay time.Duration) (string, error) {
	cert, key, err := certificate("hook.default.svc")
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"List","items":[
{"apiVersion":"v1","kind":"Secret","metadata":{"name":"hook","namespace":"default"},"data":{"tls.crt":%[1]q,"tls.key":%[2]q}},
{"apiVersion":"v1","kind":"Service","metadata":{"name":"hook","namespace":"default"},
"spec":{"selector":{"app":"hook"},"ports":[{"port":443,"targetPort":8443}]}},
{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"hook","namespace":"default"},
"spec":{"selector":{"matchLabels":{"app":"hook"}},
"template":{"metadata":{"labels":{"app":"hook"}},"spec":{"terminationGracePeriodSeconds":0,"containers":[{"name":"hook","image":%[4]q,
"args":["-webhook=8443","-webhook-cert=/tls/tls.crt","-webhook-key=/tls/tls.key","-webhook-delay=%[3]s"],
"volumeMounts":[{"name":"tls","mountPath":"/tls"}]}],
"volumes":[{"name":"tls","secret":{"secretName":"hook"}}]}}}},
{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration","metadata":{"name":"hook"},"webhooks":[{
"name":"config.hook.example.com","failurePolicy":"Fail","sideEffects":"None","admissionReviewVersions":["v1"],"timeoutSeconds":3,
"clientConfig":{"caBundle":%[1]q,"service":{"namespace":"default","name":"hook","port":443}},
"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"default"}},
"rules":[{"apiGroups":[""],"apiVersions":["v1"],"operations":["CREATE"],"resources":["configmaps"]}]}]}]}`,
		b64(cert), b64(key), delay, Image), err
}

func serveWebhook(l Lab, delay time.Duration) error {
	objects, err := served(delay)
	return errors.Join(err, apply(l, objects), l.Kubectl("rollout", "status", "deployment/hook", "-n", "default", "--timeout=60s"), soon())
}

func removeWebhook(l Lab) error {
	return errors.Join(l.Kubectl("delete", "validatingwebhookconfiguration", "hook", "--ignore-not-found"),
		l.Kubectl("delete", "deployment,service,secret", "hook", "-n", "default", "--ignore-not-found", "--wait=true"))
}

// dropForwarded drops packets that the nodes forward to the TCP port, like the enforcement of a policy.
func dropForwarded(port int) (breaks, mends string) {
	return rule("iptables", "FORWARD", fmt.Sprintf("-p tcp --dport %d -j DROP", port))
}

func webhookBreaks() map[string]TunnelBroken {
	drop, undrop := dropForwarded(8443)
	dropMetrics, undropMetrics := dropForwarded(4443)
	return map[string]TunnelBroken{
		"webhook-slow": {
			Inject: func(l Lab, _ *TunnelCase) error { return serveWebhook(l, 10*time.Second) },
			Clear:  func(l Lab, _ *TunnelCase) error { return removeWebhook(l) },
			Heals:  true, Fix: 1, Workaround: true,
		},
		"webhook-cut-off": {
			Inject: func(l Lab, _ *TunnelCase) error { return errors.Join(serveWebhook(l, 0), everywhere(l, drop)) },
			Clear:  func(l Lab, _ *TunnelCase) error { return errors.Join(everywhere(l, undrop), removeWebhook(l)) },
			Heals:  true, Fix: 1, Workaround: true,
		},
		"metrics-server-down": {
			Inject: func(l Lab, _ *TunnelCase) error {
				return errors.Join(l.Kubectl("scale", "-n", "kube-system", "deployment/metrics-server", "--replicas=0"), soon())
			},
			Clear: func(l Lab, _ *TunnelCase) error {
				return errors.Join(l.Kubectl("scale", "-n", "kube-system", "deployment/metrics-server", "--replicas=2"),
					l.Kubectl("rollout", "status", "-n", "kube-system", "deployment/metrics-server", "--timeout=90s"))
			},
		},
		"metrics-server-cut-off": onNodes(dropMetrics, undropMetrics),
	}
}
