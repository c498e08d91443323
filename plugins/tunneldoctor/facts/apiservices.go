package facts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/internal/redact"
)

// AggregatedAPI is an API that the API server forwards to a Service in the cluster, and so through the tunnel.
type AggregatedAPI struct {
	Name      string              `json:"name"` // such as "v1beta1.metrics.k8s.io"
	Service   check.Ref           `json:"service"`
	Available podhealth.Condition `json:"available"`
	Port      int32               `json:"port,omitempty"` // of the Service
	Endpoints int                 `json:"endpoints"`      // ready endpoints of the Service
	// Error is the error of a request to the API; empty if it answered.
	Error string `json:"error,omitempty"`
}

// MetricsAPI is the API of `kubectl top`.
const MetricsAPI = "v1beta1.metrics.k8s.io"

// AggregatedAPIs are all registered APIs with a Service.
var AggregatedAPIs = &Fact[[]AggregatedAPI]{
	Name: "aggregated-apis",
	Access: []rbacv1.PolicyRule{
		fact.Rule("apiregistration.k8s.io", "apiservices", "list"), fact.Rule("discovery.k8s.io", "endpointslices", "list"),
	},
	Gather: func(ctx context.Context, e *Env) ([]AggregatedAPI, []check.Evidence, error) {
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "apiservices")}}
		raw, err := e.Clients.Discovery().RESTClient().Get().AbsPath("/apis/apiregistration.k8s.io/v1/apiservices").DoRaw(ctx)
		if apierrors.IsForbidden(err) { // the error of a raw request does not name the resource
			err = &kube.DeniedError{Missing: []kube.Right{{Verb: "list", Group: "apiregistration.k8s.io", Resource: "apiservices"}}}
		}
		if err != nil {
			return nil, seen, err
		}
		list, err := parseAPIServices(raw)
		if err != nil {
			return nil, seen, err
		}
		var services []check.Ref
		for _, a := range list {
			services = append(services, a.Service)
		}
		endpoints, err := readyEndpoints(ctx, e, services)
		if err != nil {
			return list, seen, err
		}
		errs := make([]error, len(list))
		fact.Concurrently(len(list), func(i int) {
			list[i].Endpoints = endpoints[list[i].Service]
			list[i].Error, errs[i] = requestAPI(ctx, e, list[i].Name)
		})
		for i, err := range errs {
			if err != nil {
				return list, seen, fmt.Errorf("API %s: %w", list[i].Name, err)
			}
		}
		return list, seen, nil
	},
}

// parseAPIServices returns the APIServices with a Service from their list in JSON.
func parseAPIServices(raw []byte) ([]AggregatedAPI, error) {
	var all struct {
		Items []struct {
			Metadata struct{ Name string }
			Spec     struct {
				Service *struct {
					Namespace, Name string
					Port            *int32
				}
			}
			Status struct{ Conditions []podhealth.Condition }
		}
	}
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, fmt.Errorf("parsing the list of APIServices: %w", err)
	}
	list := []AggregatedAPI{}
	for _, item := range all.Items {
		if item.Spec.Service == nil {
			continue
		}
		service := check.Ref{Kind: "service", Namespace: item.Spec.Service.Namespace, Name: item.Spec.Service.Name}
		a := AggregatedAPI{Name: item.Metadata.Name, Service: service, Port: ptr.Deref(item.Spec.Service.Port, 443)}
		for _, c := range item.Status.Conditions {
			if c.Type == "Available" {
				a.Available = podhealth.Condition{Type: c.Type, Status: c.Status, Reason: c.Reason, Message: redact.Message(c.Message)}
			}
		}
		list = append(list, a)
	}
	return list, nil
}

// requestAPI requests the API's list of resources, which needs no permission, and returns its error as text; empty if it answered. It
// returns an error if the request could not be made.
func requestAPI(ctx context.Context, e *Env, name string) (text string, err error) {
	version, group := splitName(name)
	err = attemptRequest(ctx, attemptTimeout, func(ctx context.Context) error {
		answer, err := e.Clients.Discovery().RESTClient().Get().AbsPath("/apis/" + group + "/" + version).Stream(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = answer.Close() }()
		_, err = io.Copy(io.Discard, answer) // that it answers in full is all that counts
		return err
	})
	switch {
	case errors.Is(err, errNotTried), apierrors.IsTooManyRequests(err):
		return "", err
	case err == nil, apierrors.IsForbidden(err), apierrors.IsUnauthorized(err), apierrors.IsNotFound(err):
		return "", nil
	}
	return redact.Message(err.Error()), nil
}

// splitName splits the name of an APIService, VERSION.GROUP.
func splitName(name string) (version, group string) {
	for i := range name {
		if name[i] == '.' {
			return name[:i], name[i+1:]
		}
	}
	return name, ""
}
