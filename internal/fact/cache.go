package fact

import (
	"sync"
	"sync/atomic"
	"time"
)

// Cache holds what is the same for several targets of a run, so that it is read once, and again only when it is old. It is safe for
// concurrent use.
type Cache struct {
	// Targets is the number of targets in each namespace. It must not change once facts are gathered.
	Targets map[string]int

	mu    sync.Mutex
	known map[string]*cached
}

type cached struct {
	mu    sync.Mutex
	value any
	at    time.Time // when reading it began; zero: there is no value
	took  time.Duration
}

const (
	// cacheTTL is how long a value is used: checking many targets takes minutes.
	cacheTTL = 20 * time.Second
	// cacheShare is how many times as long as reading it took a value is used: what takes long burdens the API server.
	cacheShare = 10
	// cacheMax bounds that: "healthy" is not confirmed, and must not be said of what was long ago.
	cacheMax = time.Minute
	// cacheLeast is how many times as long as reading it took a value is used at least, even beyond cacheMax.
	cacheLeast = 2
)

// lifetime returns how long after the beginning of reading it, which took that long, a value is used.
func lifetime(took time.Duration) time.Duration {
	return max(cacheTTL, min(cacheShare*took, cacheMax), cacheLeast*took)
}

// Share is the Cache as one target uses it. A nil Share keeps nothing. It is safe for concurrent use.
type Share struct {
	*Cache
	old atomic.Bool
}

// Old reports whether a value was used that was older than cacheTTL. What was concluded from it must be confirmed.
func (s *Share) Old() bool { return s != nil && s.old.Load() }

// Cached returns the value by that name, calling find where there is none that is recent. Errors are not kept.
func Cached[T any](s *Share, name string, find func() (T, error)) (T, error) {
	if s == nil {
		return find()
	}
	s.mu.Lock()
	if s.known == nil {
		s.known = map[string]*cached{}
	}
	known := s.known[name]
	if known == nil {
		known = &cached{}
		s.known[name] = known
	}
	s.mu.Unlock()
	known.mu.Lock()
	defer known.mu.Unlock()
	if value, ok := known.value.(T); ok {
		age := time.Since(known.at)
		if age < lifetime(known.took) {
			if age >= cacheTTL {
				s.old.Store(true)
			}
			return value, nil
		}
	}
	start := time.Now()
	value, err := find()
	if err == nil {
		known.value, known.at, known.took = value, start, time.Since(start)
	}
	return value, err
}

// listOnceFrom is the number of targets in a namespace from which the namespace is listed once, not for each target.
const listOnceFrom = 5

// ListsOnce reports whether the namespace has so many targets that it is listed once for all of them.
func (s *Share) ListsOnce(namespace string) bool {
	return s != nil && s.Targets[namespace] >= listOnceFrom
}
