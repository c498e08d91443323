package facts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/redact"
)

// Conversion is a CustomResourceDefinition whose objects a webhook converts. One with a Service is called through the tunnel.
type Conversion struct {
	CRD     string    `json:"crd"`
	Served  int       `json:"served"` // versions; with one, nothing is converted unless another is stored
	Stored  int       `json:"stored"` // versions in which objects may be stored
	Service check.Ref `json:"service"`
	Port    int32     `json:"port"`
	// Host is the host of the webhook's URL; empty: it has a Service.
	Host string `json:"host,omitempty"`
	// Endpoints are the ready endpoints of the Service. Ports are those of the Service where Port is not among them; nil: it is.
	Endpoints int     `json:"endpoints"`
	Ports     []int32 `json:"ports,omitempty"`
	// Failed is the served version in which its objects cannot be listed, and Error the API server's error; empty: all can be, or it
	// could not be tried, or there are no objects.
	Failed string `json:"failed,omitempty"`
	Error  string `json:"error,omitempty"`

	lists  []versionList // to try; not in bundles
	stored string        // path of the list in the stored version
}

// versionList is a list of a CustomResourceDefinition's objects in a version that is not stored, so that they have to be converted.
type versionList struct{ version, path string }

const (
	// maxConversionTries bounds of how many CustomResourceDefinitions objects are listed, maxOfService of how many with the same webhook.
	maxConversionTries = 30
	maxOfService       = 3
	// conversionFailed is how the API server's errors of conversion webhooks begin (webhook_converter.go of
	// https://github.com/kubernetes/kubernetes/tree/v1.37.1/staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/conversion).
	conversionFailed = "conversion webhook for "
)

// crdPage is how many CustomResourceDefinitions are read at once: each may have a megabyte.
const crdPage = 25

// crd is what is read of a CustomResourceDefinition.
type crd struct {
	Metadata struct{ Name string }
	Spec     struct {
		Conversion *struct {
			Strategy string
			Webhook  *struct {
				ClientConfig struct {
					URL     string
					Service *struct {
						Namespace, Name string
						Port            *int32
					}
				}
			}
		}
		Group    string
		Names    struct{ Plural string }
		Versions []struct {
			Name            string
			Served, Storage bool
		}
	}
	Status struct{ StoredVersions []string }
}

// Conversions are the CustomResourceDefinitions that are converted by a webhook.
var Conversions = &Fact[[]Conversion]{
	Name: "conversions",
	Access: []rbacv1.PolicyRule{
		fact.Rule("apiextensions.k8s.io", "customresourcedefinitions", "list"), fact.Rule("discovery.k8s.io", "endpointslices", "list"),
		fact.Rule("", "services", "get"),
	},
	Gather: func(ctx context.Context, e *Env) ([]Conversion, []check.Evidence, error) {
		list := []Conversion{}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "customresourcedefinitions")}}
		err := eachCRD(ctx, e, func(c crd) {
			if conversion, ok := conversionOf(c); ok {
				list = append(list, conversion)
			}
		})
		if err != nil {
			return list, seen, err
		}
		var services []check.Ref
		for _, c := range list {
			if c.Host == "" {
				services = append(services, c.Service)
			}
		}
		endpoints, err := readyEndpoints(ctx, e, services)
		if err != nil {
			return list, seen, err
		}
		ports := servicePorts(ctx, e, services)
		for i := range list {
			list[i].Endpoints, list[i].Ports = endpoints[list[i].Service], without(ports[list[i].Service], list[i].Port)
		}
		chosen := toConvert(list)
		fact.Concurrently(len(chosen), func(i int) { chosen[i].try(ctx, e) })
		return list, seen, nil
	},
}

// eachCRD calls f for each CustomResourceDefinition, page by page.
func eachCRD(ctx context.Context, e *Env, f func(crd)) error {
	next := ""
	for {
		request := e.Clients.Discovery().RESTClient().Get().AbsPath("/apis/apiextensions.k8s.io/v1/customresourcedefinitions").
			Param("limit", strconv.Itoa(crdPage))
		if next != "" {
			request = request.Param("continue", next)
		}
		raw, err := request.DoRaw(ctx)
		if apierrors.IsForbidden(err) { // the error of a raw request does not name the resource
			return &kube.DeniedError{Missing: []kube.Right{{Verb: "list", Group: "apiextensions.k8s.io", Resource: "customresourcedefinitions"}}}
		}
		if err != nil {
			return err
		}
		var page struct {
			Metadata struct{ Continue string }
			Items    []crd
		}
		if err := json.Unmarshal(raw, &page); err != nil {
			return fmt.Errorf("parsing the list of CustomResourceDefinitions: %w", err)
		}
		for _, c := range page.Items {
			f(c)
		}
		if page.Metadata.Continue == "" || page.Metadata.Continue == next || len(page.Items) == 0 {
			return nil
		}
		next = page.Metadata.Continue
	}
}

// conversionOf returns the conversion; ok is false if no webhook converts.
func conversionOf(c crd) (conversion Conversion, ok bool) {
	to := c.Spec.Conversion
	if to == nil || to.Strategy != "Webhook" || to.Webhook == nil {
		return conversion, false
	}
	conversion = Conversion{CRD: c.Metadata.Name, Stored: len(c.Status.StoredVersions)}
	if s := to.Webhook.ClientConfig.Service; s != nil {
		conversion.Port, conversion.Service = ptr.Deref(s.Port, 443), check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name}
	} else if at, err := url.Parse(to.Webhook.ClientConfig.URL); err != nil || !isHost(at.Hostname()) {
		return conversion, false
	} else {
		conversion.Host = at.Hostname()
	}
	for _, v := range c.Spec.Versions {
		if v.Served {
			conversion.Served++
		}
		path := fmt.Sprintf("/apis/%s/%s/%s", url.PathEscape(c.Spec.Group), url.PathEscape(v.Name), url.PathEscape(c.Spec.Names.Plural))
		switch {
		case v.Storage:
			conversion.stored = path
		case v.Served:
			conversion.lists = append(conversion.lists, versionList{v.Name, path})
		}
	}
	return conversion, true
}

// toConvert returns those to try: some of each Service, which most often fails for all or none.
func toConvert(list []Conversion) (chosen []*Conversion) {
	of := map[string]int{}
	for i := range list {
		c := &list[i]
		server := c.Service.String() + "/" + c.Service.Namespace + "/" + c.Host
		if !c.Callable() || of[server] == maxOfService || len(chosen) == maxConversionTries {
			continue
		}
		of[server]++
		chosen = append(chosen, c)
	}
	return chosen
}

// Callable reports whether there is something to call: a Service with the port and a ready endpoint, or a URL.
func (c Conversion) Callable() bool { return c.Host != "" || c.Endpoints > 0 && len(c.Ports) == 0 }

// try lists one object in each version that is not stored. An error that does not come from the conversion, such as a denial, shows
// nothing; no answer does, if there is one in the stored version.
func (c *Conversion) try(ctx context.Context, e *Env) {
	for _, l := range c.lists {
		err := listOne(ctx, e, l.path)
		switch {
		case err == nil:
			continue
		case errors.Is(err, errNoAnswer) && listOne(ctx, e, c.stored) == nil:
			c.Failed, c.Error = l.version, err.Error()
			return
		}
		if text := err.Error(); strings.Contains(text, conversionFailed) { // before that, it says what was read
			c.Failed, c.Error = l.version, redact.Message(text[strings.Index(text, conversionFailed):])
			return
		}
	}
}

// listOne lists one object at the path and drops it.
func listOne(ctx context.Context, e *Env, path string) error {
	return attemptRequest(ctx, attemptTimeout, func(ctx context.Context) error {
		answer, err := e.Clients.Discovery().RESTClient().Get().AbsPath(path).Param("limit", "1").
			SetHeader("Accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1").Stream(ctx)
		if err != nil {
			return err
		}
		return answer.Close()
	})
}
