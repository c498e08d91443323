package cluster

import (
	"context"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/pager"

	"github.com/akstools/akstools/internal/check"
)

// Each calls f for each object of a list that is read in pages.
func Each(ctx context.Context, list pager.ListPageFunc, selector string, f func(runtime.Object)) error {
	return pager.New(list).EachListItem(ctx, metav1.ListOptions{LabelSelector: selector}, func(object runtime.Object) error {
		f(object)
		return nil
	})
}

// RefOf returns the object's Ref, with the kind in lower case.
func RefOf(kind string, o metav1.Object) check.Ref {
	return check.Ref{Kind: kind, Namespace: o.GetNamespace(), Name: o.GetName()}
}

// Owner returns the object that controls this one, such as "replicaset/web-5d4"; "" where there is none.
func Owner(p *metav1.ObjectMeta) string {
	if o := metav1.GetControllerOfNoCopy(p); o != nil {
		return strings.ToLower(o.Kind) + "/" + o.Name
	}
	return ""
}
