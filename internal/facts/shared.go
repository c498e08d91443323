package facts

import (
	"sync"
	"time"
)

// Shared holds what is the same for several targets of a run, so that it is found out once and again only when it is old. It is
// safe for concurrent use.
type Shared struct {
	// Targets is how many targets each namespace has; it does not change once facts are gathered.
	Targets map[string]int

	mu    sync.Mutex
	known map[string]*sharing
}

type sharing struct {
	mu    sync.Mutex
	value any
	at    time.Time // zero: it is not known
}

// fresh is how long what was found out is taken for what is: a walk of many targets takes minutes.
const fresh = 20 * time.Second

// shared returns what find finds, which is called where nothing fresh is known by the name. An error is not kept. Without a
// Shared it is called each time.
func shared[T any](s *Shared, name string, find func() (T, error)) (T, error) {
	if s == nil {
		return find()
	}
	s.mu.Lock()
	if s.known == nil {
		s.known = map[string]*sharing{}
	}
	known := s.known[name]
	if known == nil {
		known = &sharing{}
		s.known[name] = known
	}
	s.mu.Unlock()
	known.mu.Lock()
	defer known.mu.Unlock()
	if value, ok := known.value.(T); ok && time.Since(known.at) < fresh {
		return value, nil
	}
	value, err := find()
	if err == nil {
		known.value, known.at = value, time.Now()
	}
	return value, err
}

// many is from how many targets on a namespace is listed once, not for each of them.
const many = 5

// crowded says whether so many targets are in the namespace.
func (s *Shared) crowded(namespace string) bool { return s != nil && s.Targets[namespace] >= many }
