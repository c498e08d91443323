// Package apiclient is how the lab's own controllers reach the API server: as its administrator, from any of its machines.
package apiclient

import (
	"fmt"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

// New returns a client. userAgent is the name in the API server's log.
func New(userAgent string) (kubernetes.Interface, error) {
	config, err := clientcmd.BuildConfigFromFlags("https://"+layout.ControlPlaneIP, layout.PKI("admin.kubeconfig"))
	if err != nil {
		return nil, fmt.Errorf("reading the administrator's kubeconfig: %w", err)
	}
	config.UserAgent, config.QPS, config.Burst = userAgent, 100, 200
	return kubernetes.NewForConfig(config)
}
