package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// operationsPath is the path below which long-running operations are polled.
const operationsPath = "/subscriptions/operations/"

// operation is one long-running operation.
type operation struct {
	of     string // the ID of the resource
	done   bool
	result any
	err    error
}

// operations are the long-running operations by their names. It is safe for concurrent use.
type operations struct {
	mu  sync.Mutex
	all map[string]*operation
}

// start runs f and returns the URL to poll.
func (o *operations) start(endpoint, id string, f func() (any, error)) string {
	op, name := &operation{of: id}, uuid.NewString()
	o.mu.Lock()
	if o.all == nil {
		o.all = map[string]*operation{}
	}
	o.all[name] = op
	o.mu.Unlock()
	go func() {
		result, err := f()
		o.mu.Lock()
		defer o.mu.Unlock()
		op.done, op.result, op.err = true, result, err
	}()
	return endpoint + operationsPath + name + "?api-version=2022-09-01"
}

// poll answers a request for an operation: with its state under .../NAME, with its result under .../NAME/result.
func (o *operations) poll(w http.ResponseWriter, endpoint, name string) *failure {
	name, result := strings.CutSuffix(name, "/result")
	o.mu.Lock()
	var now operation
	op, ok := o.all[name]
	if ok {
		now = *op
	}
	o.mu.Unlock()
	if !ok {
		return fail(http.StatusNotFound, "NotFound", "The operation '%s' was not found.", name)
	}
	w.Header().Set("Retry-After", "1")
	switch {
	case !now.done && result:
		w.Header().Set("Location", endpoint+operationsPath+name+"/result?api-version=2022-09-01")
		w.WriteHeader(http.StatusAccepted)
	case !now.done:
		write(w, http.StatusOK, map[string]any{"name": name, "status": "InProgress", "startTime": time.Now().UTC()})
	case now.err != nil && result:
		return asFailure(now.err)
	case now.err != nil:
		f := asFailure(now.err)
		write(
			w,
			http.StatusOK,
			map[string]any{"name": name, "status": "Failed", "error": map[string]any{"code": f.code, "message": f.text}},
		)
	case result:
		write(w, http.StatusOK, now.result)
	default:
		write(w, http.StatusOK, map[string]any{"name": name, "status": "Succeeded", "properties": now.result})
	}
	return nil
}

// resource returns the ID of the resource of the operation at the path's end; empty: there is no such operation.
func (o *operations) resource(name string) string {
	name = strings.TrimSuffix(name, "/result")
	o.mu.Lock()
	defer o.mu.Unlock()
	if op := o.all[name]; op != nil {
		return op.of
	}
	return ""
}

// Refusal is an action's error with the code of Resource Manager.
type Refusal struct {
	Status int
	Code   string
	Text   string
}

func (r *Refusal) Error() string { return r.Code + ": " + r.Text }

func asFailure(err error) *failure {
	var r *Refusal
	if errors.As(err, &r) {
		return fail(r.Status, r.Code, "%s", r.Text)
	}
	return fail(http.StatusInternalServerError, "InternalServerError", "%v", err)
}

// Action accepts what a POST asks of the resource, or returns a *Refusal. run does it after the request was accepted, and returns the body
// of the result, which is that of the long-running operation.
type Action func(ctx context.Context, id string, body []byte) (run func() (any, error), err error)

// act answers a POST: the action runs, and its result is polled for.
func (s *Server) act(w http.ResponseWriter, r *request) *failure {
	do, ok := s.Actions[strings.ToLower(r.target.kind+"/"+r.target.verb)]
	if !ok {
		return fail(http.StatusNotFound, "InvalidResourceType", "The action '%s' is not known for '%s'.", r.target.verb, r.target.kind)
	}
	if _, err := s.Store.Get(r.target.id); err != nil {
		return of(err, r.target)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return fail(http.StatusBadRequest, "InvalidRequestContent", "%v", err)
	}
	run, err := do(context.WithoutCancel(r.Context()), r.target.id, body)
	if err != nil {
		return asFailure(err)
	}
	at := s.operations.start(endpoint(r.Request), r.target.id, run)
	w.Header().Set("Azure-AsyncOperation", at)
	w.Header().Set("Location", strings.Replace(at, "?", "/result?", 1))
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(http.StatusAccepted)
	return nil
}
