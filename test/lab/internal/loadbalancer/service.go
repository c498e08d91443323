package loadbalancer

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/cloud-provider/controllers/service"
	controllersmetrics "k8s.io/component-base/metrics/prometheus/controllers"

	"github.com/akstools/akstools/test/lab/internal/apiclient"
	"github.com/akstools/akstools/test/lab/internal/layout"
)

// serveCluster makes the frontends of the cluster's Services.
func serveCluster(ctx context.Context) error {
	if err := route(ctx, layout.FrontendCIDR); err != nil {
		return err
	}
	client, err := apiclient.New("cloud-controller-manager")
	if err != nil {
		return err
	}
	wake, changed := waker()
	b := newBalancer(changed)
	services, err := client.CoreV1().Services("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, s := range services.Items {
		if addr := given(&s); addr.IsValid() {
			b.reserve(addr, s.UID)
		}
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	c, err := service.New(cloud{balancer: b}, client, factory.Core().V1().Services(), factory.Core().V1().Nodes(), "kubernetes", nil)
	if err != nil {
		return err
	}
	factory.Start(ctx.Done())
	go c.Run(ctx, 2, controllersmetrics.NewControllerManagerMetrics("loadbalancer"))
	forward(ctx, b, newProber(changed), wake)
	return nil
}
