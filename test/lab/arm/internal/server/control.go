package server

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/akstools/akstools/test/lab/arm/internal/rbac"
	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// Control serves the lab's own commands: no token, no permission and no journal. Below /arm/ are the resources, at their
// IDs.
func (s *Server) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /journal", func(w http.ResponseWriter, r *http.Request) {
		without := s.Directory.ClientID(r.URL.Query().Get("without"))
		write(w, http.StatusOK, slices.DeleteFunc(s.journal.all(), func(e Entry) bool { return without != "" && e.Principal == without }))
	})
	mux.HandleFunc("DELETE /journal", func(w http.ResponseWriter, _ *http.Request) {
		s.journal.clear()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /rules", func(w http.ResponseWriter, _ *http.Request) { write(w, http.StatusOK, s.Rules()) })
	mux.HandleFunc("PUT /rules", func(w http.ResponseWriter, r *http.Request) {
		var rules rbac.Rules
		if decoded(w, r, &rules) {
			s.SetRules(rules)
		}
	})
	mux.HandleFunc("GET /behavior", func(w http.ResponseWriter, _ *http.Request) { write(w, http.StatusOK, s.behaves()) })
	mux.HandleFunc("PUT /behavior", func(w http.ResponseWriter, r *http.Request) {
		var b Behavior
		if decoded(w, r, &b) {
			s.SetBehavior(b)
		}
	})
	mux.HandleFunc("POST /principals/{name}", func(w http.ResponseWriter, r *http.Request) {
		write(w, http.StatusOK, s.Directory.Add(r.PathValue("name"), r.URL.Query().Get("from")))
	})
	mux.HandleFunc("DELETE /principals/{name}", func(w http.ResponseWriter, r *http.Request) {
		s.Directory.Remove(r.PathValue("name"))
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /counters", func(w http.ResponseWriter, r *http.Request) {
		counters, err := s.Counters(r.Context())
		if err != nil {
			asFailure(err).write(w)
			return
		}
		write(w, http.StatusOK, counters)
	})
	s.agent.serve(mux)
	mux.HandleFunc("GET /vault/", s.vaultSecret)
	mux.HandleFunc("/arm/", s.controlResource)
	return mux
}

func (s *Server) controlResource(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/arm")
	t, ok := parse(r.Method, path)
	if !ok {
		fail(http.StatusNotFound, "InvalidResourceType", "not the ID of a resource: %s", path).write(w)
		return
	}
	var body any
	var f *failure
	switch {
	case r.Method == http.MethodPut:
		var o store.Object
		if !decoded(w, r, &o) {
			return
		}
		body, _, f = s.Write(r.Context(), t.id, t.kind, o, "")
	case r.Method == http.MethodDelete:
		if err := s.Remove(r.Context(), t.id); err != nil {
			f = of(err, t)
		}
	case t.list:
		all, err := s.Store.List(t.id, t.kind)
		for _, o := range all {
			s.derive(t.kind, o)
		}
		if body = all; err != nil {
			f = of(err, t)
		}
	default:
		o, err := s.Store.Get(t.id)
		if err != nil {
			f = of(err, t)
			break
		}
		s.derive(t.kind, o)
		body = o
	}
	if f != nil {
		f.write(w)
		return
	}
	write(w, http.StatusOK, body)
}

// decoded reads the request's body into v and reports whether it could; if not, the request is answered.
func decoded(w http.ResponseWriter, r *http.Request, v any) bool {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		fail(http.StatusBadRequest, "InvalidRequestContent", "%v", err).write(w)
		return false
	}
	return true
}
