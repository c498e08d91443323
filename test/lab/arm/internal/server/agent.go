package server

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// Work is a connection that the extension's agent writes to the cluster.
type Work struct {
	Number     int      `json:"number"`
	Connection string   `json:"connection"`
	Namespace  string   `json:"namespace"`
	ClientID   string   `json:"clientId,omitempty"` // of the identity; empty: the connection has none
	Keys       []string `json:"keys"`               // of the Secret
	// Until is when Azure no longer waits for it.
	Until time.Time `json:"until"`
}

// Outcome is what became of a work.
type Outcome struct {
	Number  int    `json:"number"`
	Failure string `json:"failure,omitempty"` // what Helm says; empty: it succeeded
}

// agent is the extension's agent in the cluster as Azure knows it: it asks for work, and reports what became of it. The zero agent was
// never installed. It is safe for concurrent use.
type agent struct {
	mu        sync.Mutex
	installed bool
	number    int
	work      *Work // that nobody has taken yet
	done      chan Outcome
}

// patience is how long the agent has for a work; Azure waits longer.
const patience = 2 * time.Minute

// do has the agent do the work. It returns false if there is none, and then nothing is done.
func (a *agent) do(w Work, patience time.Duration) (o Outcome, ok bool) {
	a.mu.Lock()
	if !a.installed {
		a.mu.Unlock()
		return Outcome{}, false
	}
	a.number++
	w.Number, w.Until = a.number, time.Now().Add(patience)
	done := make(chan Outcome, 1)
	a.work, a.done = &w, done
	a.mu.Unlock()
	select {
	case o = <-done:
	case <-time.After(patience):
		o.Failure = "Timed out waiting for the resource to come to a ready/completed state"
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.number == w.Number {
		a.work, a.done = nil, nil
	}
	return o, true
}

// take returns the work to do and notes that somebody does it; nil: there is none.
func (a *agent) take() *Work {
	a.mu.Lock()
	defer a.mu.Unlock()
	w := a.work
	a.work = nil
	return w
}

// report notes what became of the work, unless it is no longer waited for.
func (a *agent) report(o Outcome) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.done != nil && o.Number == a.number {
		a.done <- o
		a.done = nil
	}
}

// serve adds the agent's requests to the lab's commands.
func (a *agent) serve(mux *http.ServeMux) {
	mux.HandleFunc("PUT /agent", func(w http.ResponseWriter, r *http.Request) {
		var installed bool
		if decoded(w, r, &installed) {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.installed = installed
		}
	})
	mux.HandleFunc("POST /agent/work", func(w http.ResponseWriter, _ *http.Request) {
		work := a.take()
		if work == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		_ = json.NewEncoder(w).Encode(work)
	})
	mux.HandleFunc("PUT /agent/work", func(w http.ResponseWriter, r *http.Request) {
		var o Outcome
		if decoded(w, r, &o) {
			a.report(o)
		}
	})
}
