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

// The Gateway API's types are read through client-go's REST client, because apis/v1 imports only apimachinery, while the module's
// generated clients would pull in apply configurations. ReferenceGrants are read as v1beta1: Gateway API v1.4 has no other version,
// v1.6 still serves it, and the fields that are read have not changed since.
const grantVersion = "v1beta1"

// gatewayClient returns a client for the Gateway API's group.
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

// GetGateway reads an object of the Gateway API. into must be of its type. namespace is empty for cluster-scoped objects.
func (c *Clients) GetGateway(ctx context.Context, resource, namespace, name string, into runtime.Object) error {
	return c.gateway.Get().NamespaceIfScoped(namespace, namespace != "").Resource(resource).Name(name).Do(ctx).Into(into)
}

// HTTPRoutes returns the HTTPRoutes of the namespace, or of all namespaces if it is empty. It returns none, and no error, if the
// cluster has no Gateway API.
func (c *Clients) HTTPRoutes(ctx context.Context, namespace string, o metav1.ListOptions) ([]*gatewayv1.HTTPRoute, error) {
	var all []*gatewayv1.HTTPRoute
	err := c.eachGateway(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		list := &gatewayv1.HTTPRouteList{}
		return list, c.listGateway(ctx, "httproutes", namespace, o).Into(list)
	}, o, func(object runtime.Object) {
		if r, ok := object.(*gatewayv1.HTTPRoute); ok {
			all = append(all, r)
		}
	})
	return all, err
}

// Gateways returns the Gateways of all namespaces. It returns none, and no error, if the cluster has no Gateway API.
func (c *Clients) Gateways(ctx context.Context) ([]*gatewayv1.Gateway, error) {
	var all []*gatewayv1.Gateway
	err := c.eachGateway(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		list := &gatewayv1.GatewayList{}
		return list, c.listGateway(ctx, "gateways", metav1.NamespaceAll, o).Into(list)
	}, metav1.ListOptions{}, func(object runtime.Object) {
		if g, ok := object.(*gatewayv1.Gateway); ok {
			all = append(all, g)
		}
	})
	return all, err
}

// ReferenceGrants returns the ReferenceGrants of the namespace.
func (c *Clients) ReferenceGrants(ctx context.Context, namespace string) ([]gatewayv1.ReferenceGrant, error) {
	list := &gatewayv1.ReferenceGrantList{}
	request := c.gateway.Get().AbsPath("/apis", gatewayv1.GroupName, grantVersion, "namespaces", namespace, "referencegrants")
	err := request.Do(ctx).Into(list)
	return list.Items, err
}

func (c *Clients) listGateway(ctx context.Context, resource, namespace string, o metav1.ListOptions) rest.Result {
	return c.gateway.Get().NamespaceIfScoped(namespace, namespace != "").Resource(resource).
		SpecificallyVersionedParams(&o, metav1.ParameterCodec, schema.GroupVersion{Version: "v1"}).Do(ctx)
}

// eachGateway calls f with each object that list returns, page by page.
func (c *Clients) eachGateway(
	ctx context.Context, list pager.ListPageFunc, o metav1.ListOptions, f func(runtime.Object),
) error {
	err := pager.New(list).EachListItem(ctx, o, func(object runtime.Object) error {
		f(object)
		return nil
	})
	if apierrors.IsForbidden(err) { // the API server also answers this for a group that it does not serve
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
