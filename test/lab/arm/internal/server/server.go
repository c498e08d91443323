// Package server is the lab's Azure Resource Manager: its protocol, its errors and its permissions, over the resources of
// a store. It enforces what it says: a token is verified, a role is looked up, a version must be one of the resource type's.
package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/akstools/akstools/test/lab/arm/internal/entra"
	"github.com/akstools/akstools/test/lab/arm/internal/fabric"
	"github.com/akstools/akstools/test/lab/arm/internal/rbac"
	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// Server answers the requests of clients. It is safe for concurrent use.
type Server struct {
	Store     *store.Store
	Directory *entra.Directory
	// Actions are what a POST does, by the resource type and the action in lower case, such as
	// microsoft.network/loadbalancers/loadbalancingrules/health.
	Actions map[string]Action
	// Enforce makes the network follow the resources after each change, which is taken back if it returns an error; nil:
	// nothing is enforced. Counters returns how many packets each rule has decided, by group/rule.
	Enforce  func(context.Context) error
	Counters func(context.Context) (map[string]int, error)
	// PortUses returns what the load balancer counted for each machine; nil: nothing.
	PortUses func(context.Context) ([]fabric.PortUse, error)
	// Public is the range of which public addresses get theirs; not valid: they get none. Private addresses that are Reserved are given to
	// nobody.
	Public   netip.Prefix
	Reserved []netip.Addr

	writing    sync.Mutex
	lastPublic netip.Addr

	journal    journal
	operations operations
	agent      agent
	federation *federation // nil: no issuer is known

	mu       sync.Mutex
	behavior Behavior
	rules    rbac.Rules
}

// The names under which Resource Manager and the token endpoint are known in the public cloud. Under another name, such
// as 127.0.0.1:16444, one server is both.
const (
	ManagementHost = "management.azure.com"
	LoginHost      = "login.microsoftonline.com"
)

// audiences are the resources for which Resource Manager accepts tokens.
func audiences(r *http.Request) []string {
	return []string{
		endpoint(r), endpoint(r) + "/", "https://" + ManagementHost, "https://" + ManagementHost + "/",
		"https://management.core.windows.net", "https://management.core.windows.net/",
	}
}

// endpoint returns the URL under which the client knows Resource Manager, without a slash at the end.
func endpoint(r *http.Request) string { return "https://" + r.Host }

// authority returns the URL of the token endpoint for the same client.
func authority(r *http.Request) string {
	if r.Host == ManagementHost {
		return "https://" + LoginHost
	}
	return endpoint(r)
}

// Rules returns the role assignments.
func (s *Server) Rules() rbac.Rules {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rules
}

// SetRules replaces the role assignments.
func (s *Server) SetRules(r rbac.Rules) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = r
}

func (s *Server) behaves() Behavior {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.behavior
}

// SetBehavior replaces the behavior.
func (s *Server) SetBehavior(b Behavior) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behavior = b
}

// request is one request while it is answered.
type request struct {
	*http.Request
	target  target
	version string
	object  string // the principal's object ID
	entry   Entry
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := uuid.NewString()
	w.Header().Set("x-ms-request-id", id)
	w.Header().Set("x-ms-correlation-request-id", id)
	if r.URL.Path == "/metadata/endpoints" {
		metadata(w, r)
		return
	}
	req := &request{Request: r, version: r.URL.Query().Get("api-version")}
	req.entry = Entry{
		Time:    time.Now(),
		Method:  r.Method,
		Path:    r.URL.Path,
		Version: req.version,
		Agent:   r.UserAgent(),
		Status:  http.StatusOK,
	}
	rec := &recorder{ResponseWriter: w, entry: &req.entry}
	if f := s.answer(rec, req); f != nil {
		req.entry.Code = f.code
		f.write(rec)
	}
	s.journal.add(req.entry)
}

// recorder notes the status of the answer.
type recorder struct {
	http.ResponseWriter
	entry *Entry
}

func (r *recorder) WriteHeader(status int) {
	r.entry.Status = status
	r.ResponseWriter.WriteHeader(status)
}

func (s *Server) answer(w http.ResponseWriter, r *request) *failure {
	b := s.behaves()
	wait := time.NewTimer(b.Delay)
	defer wait.Stop()
	if b.Hang {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	select {
	case <-wait.C:
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	}
	if r.version == "" {
		return fail(http.StatusBadRequest, "MissingApiVersionParameter",
			"The api-version query parameter (?api-version=) is required for all requests.")
	}
	principal, f := s.authenticate(r)
	if f != nil {
		return f
	}
	if name, ok := strings.CutPrefix(r.URL.Path, operationsPath); ok {
		if f := s.mayTrack(r, principal, name); f != nil {
			return f
		}
		return s.operations.poll(w, endpoint(r.Request), name)
	}
	var ok bool
	if r.target, ok = parse(r.Method, r.URL.Path); !ok {
		return fail(http.StatusNotFound, "InvalidResourceType", "The resource type could not be found for path '%s'.", r.URL.Path)
	}
	if f := b.refuse(r.Method, r.target); f != nil {
		return f
	}
	if f := checkVersion(r.target.kind, r.version); f != nil {
		return f
	}
	if f := s.authorize(r, principal); f != nil {
		return f
	}
	return s.serve(w, r)
}

// mayTrack returns the failure for a principal who may not see how an operation goes on, or nil.
func (s *Server) mayTrack(r *request, principal entra.Claims, name string) *failure {
	id := s.operations.resource(name)
	t, ok := parse(http.MethodGet, id)
	if id == "" || !ok {
		return nil // there is no such operation
	}
	namespace, _, _ := strings.Cut(t.kind, "/")
	r.target = target{id: t.id, kind: namespace + "/locations/operations"}
	return s.authorize(r, principal)
}

func checkVersion(kind, version string) *failure {
	all := supported(kind)
	namespace, name, _ := strings.Cut(kind, "/")
	switch {
	case len(all) == 0:
		return fail(http.StatusNotFound, "InvalidResourceNamespace", "The resource namespace '%s' is invalid.", namespace)
	case !isSupported(kind, version):
		return fail(
			http.StatusBadRequest,
			"NoRegisteredProviderFound",
			"No registered resource provider found for location 'eastus' and API version '%s' for type '%s'. The supported api-versions are '%s'. "+
				"The supported locations are 'eastus'.",
			version,
			name,
			strings.Join(all, ", "),
		)
	}
	return nil
}

func (s *Server) authenticate(r *request) (entra.Claims, *failure) {
	unauthorized := func(code, format string, args ...any) *failure {
		return fail(http.StatusUnauthorized, code, format, args...).with("WWW-Authenticate", fmt.Sprintf(
			`Bearer authorization_uri="%s/%s", error="invalid_token", error_description="%s"`, authority(r.Request), s.Directory.Tenant,
			"The authentication failed because of the access token."))
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return entra.Claims{}, unauthorized("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
	}
	claims, err := s.Directory.Verify(token, audiences(r.Request)...)
	switch {
	case err == nil:
		r.entry.Principal = claims.AppID
		return claims, nil
	case errors.Is(err, entra.ErrTenant):
		return claims, unauthorized(
			"InvalidAuthenticationTokenTenant",
			"The access token is from the wrong issuer. It must match the tenant '%s/' "+
				"associated with this subscription. Please use the authority (URL) '%s/%s' to get the token.",
			"https://sts.windows.net/"+s.Directory.Tenant,
			authority(r.Request),
			s.Directory.Tenant,
		)
	case errors.Is(err, jwt.ErrTokenExpired):
		return claims, unauthorized("ExpiredAuthenticationToken", "The access token expiry UTC time is earlier than current UTC time '%s'.",
			time.Now().UTC().Format(time.RFC1123))
	case errors.Is(err, jwt.ErrTokenInvalidAudience):
		return claims, unauthorized(
			"InvalidAuthenticationTokenAudience",
			"The access token has been obtained for wrong audience or resource '%s'. "+
				"It should exactly match with one of the allowed audiences.",
			strings.Join(claims.Audience, ","),
		)
	}
	return claims, unauthorized("InvalidAuthenticationToken", "The access token is invalid.")
}

func (s *Server) authorize(r *request, c entra.Claims) *failure {
	action, scope := r.target.action(r.Method), r.target.scope()
	r.object = c.ObjectID
	d := s.Rules().Decide(c.ObjectID, action, r.target.id)
	switch {
	case d.Allowed, r.target.everybody():
		return nil
	case d.Denial != nil:
		return fail(
			http.StatusForbidden,
			"DenyAssignmentAuthorizationFailed",
			"The client '%s' with object id '%s' has permission to perform action "+
				"'%s' on scope '%s'; however, the access is denied because of the deny assignment with name '%s' and Id '%s' at scope '%s'.",
			c.AppID,
			c.ObjectID,
			action,
			scope,
			d.Denial.Name,
			d.Denial.ID,
			d.Denial.Scope,
		)
	}
	return fail(
		http.StatusForbidden,
		"AuthorizationFailed",
		"The client '%s' with object id '%s' does not have authorization to perform action '%s' "+
			"over scope '%s' or the scope is invalid. If access was recently granted, please refresh your credentials.",
		c.AppID,
		c.ObjectID,
		action,
		scope,
	)
}
