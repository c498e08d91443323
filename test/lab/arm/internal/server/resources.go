package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// pageSize is small, so that no client gets away without following nextLink.
const pageSize = 2

// aliases are types whose lists hold resources of another type, in lower case.
var aliases = map[string]string{
	"microsoft.compute/virtualmachinescalesets/networkinterfaces": "Microsoft.Compute/" +
		"virtualMachineScaleSets/virtualMachines/networkInterfaces",
}

func (s *Server) serve(w http.ResponseWriter, r *request) *failure {
	if f := s.exists(r.target); f != nil {
		return f
	}
	switch {
	case r.Method == http.MethodPost:
		return s.act(w, r)
	case r.Method == http.MethodGet && r.target.list:
		return s.list(w, r)
	case r.Method == http.MethodGet:
		return s.get(w, r)
	case r.Method == http.MethodPut:
		return s.put(w, r)
	case r.Method == http.MethodDelete:
		return s.delete(w, r)
	}
	return fail(http.StatusMethodNotAllowed, "MethodNotAllowed", "The HTTP method %s is not allowed.", r.Method)
}

// exists returns the failure for a subscription or a resource group that does not exist, or nil.
func (s *Server) exists(t target) *failure {
	subscription, group := t.part("subscriptions"), t.part("resourceGroups")
	if subscription == "" {
		return nil
	}
	id := "/subscriptions/" + subscription
	if _, err := s.Store.Get(id); err != nil {
		return fail(http.StatusNotFound, "SubscriptionNotFound", "The subscription '%s' could not be found.", subscription)
	}
	if group == "" {
		return nil
	}
	if _, err := s.Store.Get(id + "/resourceGroups/" + group); err != nil {
		return fail(http.StatusNotFound, "ResourceGroupNotFound", "Resource group '%s' could not be found.", group)
	}
	return nil
}

func notFound(t target) *failure {
	words := strings.Split(t.id, "/")
	return fail(http.StatusNotFound, "ResourceNotFound",
		"The Resource '%s/%s' under resource group '%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
		t.kind, words[len(words)-1], t.part("resourceGroups"))
}

func of(err error, t target) *failure {
	switch {
	case errors.Is(err, store.ErrChanged):
		return fail(http.StatusPreconditionFailed, "PreconditionFailed", "The condition specified by the ETag is not satisfied.")
	case errors.Is(err, store.ErrParentNotFound):
		return fail(http.StatusNotFound, "ParentResourceNotFound",
			"Failed to perform '%s' on resource(s) of type '%s', because the parent resource could not be found.", "read", t.kind)
	}
	return notFound(t)
}

func (s *Server) get(w http.ResponseWriter, r *request) *failure {
	if computed, ok := s.computed(r); ok {
		write(w, http.StatusOK, computed)
		return nil
	}
	o, err := s.Store.Get(r.target.id)
	if err != nil {
		return of(err, r.target)
	}
	s.derive(r.target.kind, o)
	r.unexpanded(o)
	if tag := store.Tag(o); tag != "" {
		w.Header().Set("ETag", tag)
	}
	write(w, http.StatusOK, o)
	return nil
}

func (s *Server) list(w http.ResponseWriter, r *request) *failure {
	if computed, ok := s.computed(r); ok {
		write(w, http.StatusOK, computed)
		return nil
	}
	kind := r.target.kind
	if other, ok := aliases[strings.ToLower(kind)]; ok {
		kind = other
	}
	all, err := s.Store.List(r.target.id, kind)
	if err != nil {
		return of(err, r.target)
	}
	if r.target.everybody() {
		all = slices.DeleteFunc(all, func(o store.Object) bool {
			id, _ := o["id"].(string)
			return !s.Rules().Decide(r.object, kind+"/read", id).Allowed
		})
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("$skiptoken"))
	from = max(0, min(from, len(all)))
	page := all[from:min(len(all), from+pageSize)]
	for _, o := range page {
		s.derive(kind, o)
		r.unexpanded(o)
	}
	body := map[string]any{"value": page}
	if next := from + pageSize; next < len(all) {
		query := url.Values{}
		for key, values := range r.URL.Query() {
			query[key] = values
		}
		query.Set("$skiptoken", fmt.Sprint(next))
		body["nextLink"] = endpoint(r.Request) + r.URL.Path + "?" + query.Encode()
	}
	write(w, http.StatusOK, body)
	return nil
}

// unexpanded removes what Azure returns only where the request asks for it.
func (r *request) unexpanded(o store.Object) {
	if r.URL.Query().Get("$expand") == "instanceView" {
		return
	}
	if properties, ok := o["properties"].(store.Object); ok {
		delete(properties, "instanceView")
	}
}

func (s *Server) put(w http.ResponseWriter, r *request) *failure {
	var body store.Object
	if err := json.NewDecoder(io.LimitReader(r.Body, 8<<20)).Decode(&body); err != nil {
		return fail(http.StatusBadRequest, "InvalidRequestContent", "The request content was invalid: %v", err)
	}
	readOnly(body)
	if strings.EqualFold(r.target.kind, linkers) {
		return s.putLinker(w, r, body)
	}
	kept, created, f := s.Write(r.Context(), r.target.id, r.target.kind, body, r.Header.Get("If-Match"))
	if f != nil {
		return f
	}
	w.Header().Set("Azure-AsyncOperation", s.operations.start(endpoint(r.Request), r.target.id, func() (any, error) { return nil, nil }))
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	if properties, ok := kept["properties"].(store.Object); ok {
		properties["provisioningState"] = "Updating"
	}
	write(w, status, kept)
	return nil
}

// Write puts a resource of the kind into the store, if its body is one that Azure would take and the network can follow.
func (s *Server) Write(ctx context.Context, id, kind string, body store.Object, etag string) (kept store.Object, created bool, f *failure) {
	if f := shaped(kind, body); f != nil {
		return nil, false, f
	}
	s.writing.Lock() // so that no two resources get the same address
	defer s.writing.Unlock()
	before, _ := s.Store.Get(id)
	if f := s.assign(id, kind, body, before); f != nil {
		return nil, false, f
	}
	kept, created, err := s.Store.Put(id, body, etag)
	if err != nil {
		return nil, false, of(err, target{id: id, kind: kind})
	}
	if strings.EqualFold(kind, machines) {
		if err := s.refill(); err != nil {
			return nil, false, of(err, target{id: id, kind: kind})
		}
	}
	if s.Enforce == nil {
		return kept, created, nil
	}
	if err := s.Enforce(ctx); err != nil {
		if before == nil {
			err = errors.Join(err, s.Store.Delete(id))
		} else if _, _, again := s.Store.Put(id, before, ""); again != nil {
			err = errors.Join(err, again)
		}
		return nil, false, fail(http.StatusBadRequest, "InvalidRequest", "%v", err)
	}
	return kept, created, nil
}

// Remove deletes a resource and lets the network follow.
func (s *Server) Remove(ctx context.Context, id string) error {
	if err := s.Store.Delete(id); err != nil || s.Enforce == nil {
		return err
	}
	return s.Enforce(ctx)
}

func (s *Server) delete(w http.ResponseWriter, r *request) *failure {
	if f := s.inUse(r.target); f != nil {
		return f
	}
	if o, err := s.Store.Get(r.target.id); err == nil && strings.EqualFold(r.target.kind, linkers) {
		s.connection(r.object, r.target.id, o).disconnect(r.Context())
	}
	if err := s.Remove(r.Context(), r.target.id); err != nil {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	w.Header().Set("Azure-AsyncOperation", s.operations.start(endpoint(r.Request), r.target.id, func() (any, error) { return nil, nil }))
	w.WriteHeader(http.StatusAccepted)
	return nil
}

// metadata describes the cloud, as https://management.azure.com/metadata/endpoints does.
func metadata(w http.ResponseWriter, r *http.Request) {
	write(w, http.StatusOK, []any{map[string]any{
		"name": "AzureCloud", "resourceManager": endpoint(r),
		"authentication": map[string]any{
			"loginEndpoint": authority(r), "tenant": "common", "audiences": []string{"https://management.core.windows.net/", endpoint(r)},
		},
		"suffixes": map[string]any{"storage": "core.windows.net", "acrLoginServer": "azurecr.io", "keyVaultDns": "vault.azure.net"},
	}})
}

func seconds(d interface{ Seconds() float64 }) string { return fmt.Sprint(int(d.Seconds()) + 1) }

// Seed puts a resource whose kind is that of its ID.
func (s *Server) Seed(id string, body store.Object) error {
	t, ok := parse(http.MethodGet, id)
	if !ok {
		return fmt.Errorf("not the ID of a resource: %s", id)
	}
	if _, _, f := s.Write(context.Background(), id, t.kind, body, ""); f != nil {
		return fmt.Errorf("%s: %s: %s", id, f.code, f.text)
	}
	return nil
}
