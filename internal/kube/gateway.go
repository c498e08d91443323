package kube

import (
	"context"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/pager"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// The Gateway API's own types are read by client-go's REST client: apis/v1 imports nothing but apimachinery, while the module's
// generated clients would bring apply configurations with them. What is read of a ReferenceGrant has been the same since v1beta1,
// the only version of it that Gateway API v1.4 has, and one that v1.6 has too.
const grantVersion = "v1beta1"

// gatewayClient makes the client of the Gateway API's group.
func gatewayClient(of *rest.Config, client *http.Client) (rest.Interface, error) {
	v1 := schema.GroupVersion(gatewayv1.GroupVersion)
	scheme := runtime.NewScheme()
	if err := gatewayv1.Install(scheme); err != nil {
		return nil, err
	}
	scheme.AddKnownTypes(schema.GroupVersion{Group: v1.Group, Version: grantVersion}, &gatewayv1.ReferenceGrantList{})
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"}) // the API server's errors
	config := rest.CopyConfig(of)
	config.APIPath, config.GroupVersion = "/apis", &v1
	config.AcceptContentTypes, config.ContentType = "", runtime.ContentTypeJSON
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	return rest.RESTClientForConfigAndClient(config, client)
}

// GetGateway reads an object of the Gateway API into one of its types; the namespace is empty for one that has none.
func (c *Clients) GetGateway(ctx context.Context, resource, namespace, name string, into runtime.Object) error {
	return c.gateway.Get().NamespaceIfScoped(namespace, namespace != "").Resource(resource).Name(name).Do(ctx).Into(into)
}

// HTTPRoutes returns those of the namespace, or of all where it is empty. There are none where the cluster has no Gateway API; that
// costs one request, or two for who may not list them.
func (c *Clients) HTTPRoutes(ctx context.Context, namespace string, o metav1.ListOptions) ([]*gatewayv1.HTTPRoute, error) {
	var all []*gatewayv1.HTTPRoute
	err := c.eachGateway(ctx, func(o metav1.ListOptions) (runtime.Object, error) {
		list := &gatewayv1.HTTPRouteList{}
		return list, c.listGateway(ctx, "httproutes", namespace, o).Into(list)
	}, o, func(object runtime.Object) {
		if r, ok := object.(*gatewayv1.HTTPRoute); ok {
			all = append(all, r)
		}
	})
	return all, err
}

// Gateways returns those of all namespaces, as HTTPRoutes does.
func (c *Clients) Gateways(ctx context.Context) ([]*gatewayv1.Gateway, error) {
	var all []*gatewayv1.Gateway
	err := c.eachGateway(ctx, func(o metav1.ListOptions) (runtime.Object, error) {
		list := &gatewayv1.GatewayList{}
		return list, c.listGateway(ctx, "gateways", metav1.NamespaceAll, o).Into(list)
	}, metav1.ListOptions{}, func(object runtime.Object) {
		if g, ok := object.(*gatewayv1.Gateway); ok {
			all = append(all, g)
		}
	})
	return all, err
}

// ReferenceGrants returns those of the namespace.
func (c *Clients) ReferenceGrants(ctx context.Context, namespace string) ([]gatewayv1.ReferenceGrant, error) {
	list := &gatewayv1.ReferenceGrantList{}
	err := c.gateway.Get().AbsPath("/apis", gatewayv1.GroupName, grantVersion, "namespaces", namespace, "referencegrants").Do(ctx).Into(list)
	return list.Items, err
}

func (c *Clients) listGateway(ctx context.Context, resource, namespace string, o metav1.ListOptions) rest.Result {
	return c.gateway.Get().NamespaceIfScoped(namespace, namespace != "").Resource(resource).
		SpecificallyVersionedParams(&o, metav1.ParameterCodec, schema.GroupVersion{Version: "v1"}).Do(ctx)
}

func (c *Clients) eachGateway(ctx context.Context, list func(metav1.ListOptions) (runtime.Object, error), o metav1.ListOptions, f func(runtime.Object)) error {
	err := pager.New(pager.SimplePageFunc(list)).EachListItem(ctx, o, func(object runtime.Object) error {
		f(object)
		return nil
	})
	if apierrors.IsForbidden(err) { // so says the API server of what it does not have, too
		group := c.gateway.Get().AbsPath("/apis", gatewayv1.GroupName).Do(ctx).Error()
		if apierrors.IsNotFound(group) {
			return nil
		}
	}
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
