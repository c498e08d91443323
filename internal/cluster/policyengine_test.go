package cluster

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/akstools/akstools/internal/kube"
)

// clientsOf returns clients of an API server that h serves.
func clientsOf(t *testing.T, h http.HandlerFunc) *kube.Clients {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	flags := genericclioptions.NewConfigFlags(false)
	flags.APIServer = &server.URL
	clients, err := kube.New(flags)
	if err != nil {
		t.Fatal(err)
	}
	return clients
}

// TestPolicyEngineOfATenant: pods with the labels of a policy engine are one only in the namespaces where engines run.
func TestPolicyEngineOfATenant(t *testing.T) {
	for pod, want := range map[string]string{
		"tenant/fake": "", "kube-system/cilium-x": "kube-system/cilium-x", "calico-system/node": "calico-system/node",
	} {
		namespace, name, _ := strings.Cut(pod, "/")
		clients := clientsOf(t, func(w http.ResponseWriter, r *http.Request) {
			list := metav1.PartialObjectMetadataList{TypeMeta: metav1.TypeMeta{APIVersion: "meta.k8s.io/v1", Kind: "PartialObjectMetadataList"}}
			if r.URL.Path == "/api/v1/pods" || r.URL.Path == "/api/v1/namespaces/"+namespace+"/pods" {
				list.Items = []metav1.PartialObjectMetadata{{
					TypeMeta:   metav1.TypeMeta{APIVersion: "meta.k8s.io/v1", Kind: "PartialObjectMetadata"},
					ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
				}}
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(list)
		})
		if got, err := PolicyEngine(t.Context(), clients); got != want || err != nil {
			t.Errorf("%s: %q, %v", pod, got, err)
		}
	}
}
