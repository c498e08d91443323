package fact

import (
	"sync"
	"time"
)

// Cache holds what is the same for several targets of a run, so that it is read once, and again only when it is old. A nil Cache
// keeps nothing. It is safe for concurrent use.
type Cache struct {
	// Targets is the number of targets in each namespace. It must not change once facts are gathered.
	Targets map[string]int

	mu    sync.Mutex
	known map[string]*cached
}

type cached struct {
	mu    sync.Mutex
	value any
	at    time.Time // zero: there is no value
}

// cacheTTL is how long a value is used: checking many targets takes minutes.
const cacheTTL = 20 * time.Second

// Cached returns the value by that name, calling find where there is none that is recent. Errors are not kept.
func Cached[T any](c *Cache, name string, find func() (T, error)) (T, error) {
	if c == nil {
		return find()
	}
	c.mu.Lock()
	if c.known == nil {
		c.known = map[string]*cached{}
	}
	known := c.known[name]
	if known == nil {
		known = &cached{}
		c.known[name] = known
	}
	c.mu.Unlock()
	known.mu.Lock()
	defer known.mu.Unlock()
	if value, ok := known.value.(T); ok && time.Since(known.at) < cacheTTL {
		return value, nil
	}
	value, err := find()
	if err == nil {
		known.value, known.at = value, time.Now()
	}
	return value, err
}

// listOnceFrom is the number of targets in a namespace from which the namespace is listed once, not for each target.
const listOnceFrom = 5

// ListsOnce reports whether the namespace has so many targets that it is listed once for all of them.
func (c *Cache) ListsOnce(namespace string) bool {
	return c != nil && c.Targets[namespace] >= listOnceFrom
}
