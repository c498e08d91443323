package facts

import "sync"

// Shared holds what is the same for all targets of a run, so that it is found out once. It is safe for concurrent use.
type Shared struct {
	// Targets is how many targets each namespace has; it does not change once facts are gathered.
	Targets map[string]int

	mu    sync.Mutex
	known map[string]*sharing
}

type sharing struct {
	once  sync.Once
	value any
	err   error
}

// shared returns what find finds, which is called once per run and name; without a Shared it is called each time.
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
	known.once.Do(func() { known.value, known.err = find() })
	return typed[T](known.value, known.err)
}

// many is from how many targets on a namespace is listed once, not for each of them.
const many = 5

// crowded says whether so many targets are in the namespace.
func (s *Shared) crowded(namespace string) bool { return s != nil && s.Targets[namespace] >= many }
