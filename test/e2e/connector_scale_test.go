package e2e

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/testpod"
	"github.com/akstools/akstools/test/e2e/faults"
)

// TestSoakConnectorScale: 200 connections are checked within 30 s and 100 MB, and the requests for one of them do not depend on the others.
func TestSoakConnectorScale(t *testing.T) {
	a := soak(t).azure(t)
	for _, r := range faults.ConnectorResources() {
		a.put(t, r.ID, r.Body)
	}
	a.connections(t, "scale-0", 1)
	count, kubeconfig := a.counted(t)
	ask := func() (requests, bytes int64) {
		count.reset()
		if r := a.run(t, "", "kubectl-connectordoctor", "scale-0-0", "-n", "scale-0", "--azure=off", "--kubeconfig", kubeconfig); r.code == 1 {
			t.Fatal(r.stderr)
		}
		return count.requests.Load(), count.bytes.Load()
	}
	ask()
	requests, bytes := ask()
	for i := range 10 {
		a.connections(t, fmt.Sprintf("scale-%d", i+1), 20)
	}
	moreRequests, moreBytes := ask()
	t.Logf("one connection: %d requests of %d bytes; with 200 others %d of %d", requests, bytes, moreRequests, moreBytes)
	if requests != moreRequests {
		t.Error("it depends on other connections")
	}
	r, kib := a.measured(t, "kubectl-connectordoctor", "-A", "--azure=require")
	lines := strings.Count(r.stdout, "in namespace scale-")
	t.Logf("exit code %d after %s with %d MiB; %d lines name a connection", r.code, r.took, kib>>10, lines)
	if r.took > 30*time.Second || kib > 100<<10 || lines < 201 {
		t.Errorf("%s\n%s", r.stdout[max(0, len(r.stdout)-2000):], r.stderr)
	}
}

// connections creates a namespace with so many connections, all of which one Deployment uses.
func (a azureLab) connections(t *testing.T, namespace string, n int) {
	t.Helper()
	a.namespace(t, namespace)
	clients := a.fast(t)
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: corev1.PodSpec{Containers: []corev1.Container{{
		Name: "app", Image: "lab.akstools.dev/app:v1", Command: []string{"/app", "-http=8080"},
	}}}}
	var g errgroup.Group
	g.SetLimit(10)
	for i := range n {
		name := fmt.Sprintf("%s-%d", namespace, i)
		secret := "sc-" + name + "-secret"
		pod.Spec.Containers[0].EnvFrom = append(pod.Spec.Containers[0].EnvFrom, corev1.EnvFromSource{SecretRef: &corev1.SecretEnvSource{
			LocalObjectReference: corev1.LocalObjectReference{Name: secret},
		}})
		id := strings.TrimSuffix(faults.ConnectorLinker, "mydb") + name
		a.put(t, id, map[string]any{"properties": map[string]any{
			"targetService": map[string]any{"type": "AzureResource", "id": faults.ConnectorAccount + "/blobServices/default"},
			"authInfo":      map[string]any{"authType": "secret"}, "clientType": "none", "scope": namespace, "provisioningState": "Succeeded",
		}})
		g.Go(func() error {
			_, err := clients.CoreV1().Secrets(namespace).Create(t.Context(), &corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{Name: secret},
				StringData: map[string]string{"AZURE_STORAGEBLOB_CONNECTIONSTRING": "x"},
			}, metav1.CreateOptions{})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	pod.Labels = map[string]string{"app": "web"}
	web := &appsv1.Deployment{ObjectMeta: pod.ObjectMeta, Spec: appsv1.DeploymentSpec{
		Selector: &metav1.LabelSelector{MatchLabels: pod.Labels}, Template: corev1.PodTemplateSpec{ObjectMeta: pod.ObjectMeta, Spec: pod.Spec},
	}}
	if _, err := clients.AppsV1().Deployments(namespace).Create(t.Context(), web, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	a.must(t, "kubectl", "rollout", "status", "deployment/web", "-n", namespace, "--timeout=60s")
}

// TestSoakConnectorKills: nothing is left over two minutes after the idle limit, however the runs of validate ended.
func TestSoakConnectorKills(t *testing.T) {
	l := soak(t)
	const namespace = "connector-kills"
	l.namespace(t, namespace)
	l.must(t, "kubectl", "create", "secret", "generic", "sc-mydb-secret", "-n", namespace, "--from-literal=AZURE_MYDB_ENDPOINT=x")
	var killed atomic.Int32
	l.endManyAtRandom(100, &killed, "kubectl-connectordoctor", "validate", "mydb", "-n", namespace, "--azure=off",
		"--to", "mcr.microsoft.com:443")
	start := time.Now()
	l.gone(t, testpod.Idle+2*time.Minute)
	t.Logf("100 runs, %d ended by a signal; all objects were gone %.0f s later", killed.Load(), time.Since(start).Seconds())
}
