package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/akstools/akstools/internal/jsonstream"
	"github.com/akstools/akstools/internal/kube"
)

// firstPage is the number of objects that EachLarge reads at first.
const firstPage = 500

// EachLarge calls f for each object of a resource in the namespace. Of a list of more than firstPage objects, all but the first page come
// from the API server's watch cache, in one response, which is decoded object by object; etcd is spared. The objects are at least as new
// as the call: the cache is asked for a state that is not older than the first page's
// (https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-get-and-list). An error means that objects may be missing.
func EachLarge[T any](ctx context.Context, client rest.Interface, resource, namespace string, f func(*T)) error {
	list := func(parameters map[string]string, f func(*T)) (metav1.ListMeta, error) {
		request := client.Get().Namespace(namespace).Resource(resource).SetHeader("Accept", "application/json")
		for name, value := range parameters {
			request.Param(name, value)
		}
		body, err := request.Stream(kube.Streamed(ctx))
		if err != nil {
			return metav1.ListMeta{}, err
		}
		defer body.Close()
		meta, err := decodeList(body, f)
		if err != nil {
			err = fmt.Errorf("the list of %s in namespace %s: %w", resource, namespace, err)
		}
		return meta, err
	}
	var page []*T
	limit := strconv.Itoa(firstPage)
	meta, err := list(map[string]string{"limit": limit}, func(o *T) { page = append(page, o) })
	if err != nil {
		return err
	}
	if meta.Continue != "" {
		some := false
		_, err := list(map[string]string{
			"resourceVersion": meta.ResourceVersion, "resourceVersionMatch": string(metav1.ResourceVersionMatchNotOlderThan),
		}, func(o *T) {
			some = true
			f(o)
		})
		if err == nil || some || ctx.Err() != nil {
			return err
		}
	}
	for { // the list is short, or the cache cannot serve it
		for _, o := range page {
			f(o)
		}
		if meta.Continue == "" {
			return nil
		}
		page = page[:0]
		meta, err = list(map[string]string{"limit": limit, "continue": meta.Continue}, func(o *T) { page = append(page, o) })
		if err != nil {
			return err
		}
	}
}

// decodeList calls f for each item of a list in JSON, and returns its metadata.
func decodeList[T any](r io.Reader, f func(*T)) (meta metav1.ListMeta, err error) {
	d := json.NewDecoder(r)
	err = jsonstream.Object(d, func(key string) error {
		switch key {
		case "metadata":
			return d.Decode(&meta)
		case "items":
			return jsonstream.List(d, func() error {
				o := new(T)
				if err := d.Decode(o); err != nil {
					return err
				}
				f(o)
				return nil
			})
		default:
			return jsonstream.Skip(d)
		}
	})
	return meta, err
}
