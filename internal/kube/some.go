package kube

import (
	"context"
	"encoding/json"
	"errors"

	"k8s.io/client-go/rest"

	"github.com/akstools/akstools/internal/jsonstream"
)

// errEnough ends reading a list of which the rest is not needed.
var errEnough = errors.New("enough objects were read")

// Some returns the objects of the list that the request gets, up to most. They are decoded one by one, and the rest of the response is
// not read: a server may send more than the limit of the request, to several requests at once. An object that cannot be decoded is an
// error.
func Some[T any](ctx context.Context, request *rest.Request, most int) ([]T, error) {
	body, err := request.SetHeader("Accept", "application/json").Stream(ctx)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	var list []T
	d := json.NewDecoder(body)
	err = jsonstream.Object(d, func(key string) error {
		if key != "items" {
			return jsonstream.Skip(d)
		}
		return jsonstream.List(d, func() error {
			if len(list) == most {
				return errEnough
			}
			var o T
			if err := d.Decode(&o); err != nil {
				return err
			}
			list = append(list, o)
			return nil
		})
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return list, err
}
