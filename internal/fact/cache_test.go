package fact

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A value is used for cacheTTL, and for longer, up to cacheMax, if reading it took long; then its users know that it is old. Errors are not
// kept.
func TestCached(t *testing.T) {
	for name, c := range map[string]struct {
		takes, after time.Duration // of reading; until the next use
		again, old   bool
	}{
		"at once":                        {0, 0, false, false},
		"soon":                           {time.Second, 18 * time.Second, false, false},
		"later":                          {time.Second, 20 * time.Second, true, false},
		"it took 5 s":                    {5 * time.Second, 16 * time.Second, false, true},
		"it took 5 s, much later":        {5 * time.Second, 45 * time.Second, true, false},
		"it took 30 s":                   {30 * time.Second, 0, false, true},
		"it took 10 s, not a minute ago": {10 * time.Second, 49 * time.Second, false, true},
		"it took 10 s, a minute ago":     {10 * time.Second, 51 * time.Second, true, false},
		"it took 30 s, minutes later":    {30 * time.Second, 4 * time.Minute, true, false},
		"it took 2 min":                  {2 * time.Minute, time.Minute, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cache, read := &Cache{}, 0
				find := func() (int, error) {
					time.Sleep(c.takes)
					read++
					return read, nil
				}
				first, second := &Share{Cache: cache}, &Share{Cache: cache}
				if n, err := Cached(first, "it", find); n != 1 || err != nil || first.Old() {
					t.Errorf("%d, %v, old: %t", n, err, first.Old())
				}
				time.Sleep(c.after)
				if _, err := Cached(second, "it", find); err != nil || read > 1 != c.again || second.Old() != c.old || first.Old() {
					t.Errorf("%v, read %d times, old: %t", err, read, second.Old())
				}
			})
		})
	}
	share := &Share{Cache: &Cache{}}
	failed := errors.New("no")
	if _, err := Cached(share, "it", func() (int, error) { return 0, failed }); !errors.Is(err, failed) {
		t.Error(err)
	}
	if n, err := Cached(share, "it", func() (int, error) { return 1, nil }); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}
