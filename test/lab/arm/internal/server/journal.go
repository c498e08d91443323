package server

import (
	"slices"
	"sync"
	"time"
)

// Entry is one request as it was answered.
type Entry struct {
	Time      time.Time `json:"time"`
	Principal string    `json:"principal,omitempty"` // the client ID of the service principal; empty: the token was not accepted
	Method    string    `json:"method"`
	Path      string    `json:"path"`
	Version   string    `json:"apiVersion,omitempty"`
	Agent     string    `json:"userAgent,omitempty"`
	Status    int       `json:"status"`
	Code      string    `json:"code,omitempty"` // the error's
}

// journal keeps the requests in the order of their answers. It is safe for concurrent use.
type journal struct {
	mu      sync.Mutex
	entries []Entry
}

func (j *journal) add(e Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, e)
}

func (j *journal) all() []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.entries)
}

func (j *journal) clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = nil
}
