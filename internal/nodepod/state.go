package nodepod

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"

	"github.com/akstools/akstools/internal/jobpod"
)

// A record is one node pod of this user, as a file of the user's own: a label of the cluster is no proof of who made a
// pod. Beside it stands a lock file that each process holds shared for as long as it uses the pod; the kernel frees it
// when the process dies, however it dies.
type record struct {
	Pod
	Use string `json:"use"` // name of the lock file
}

// claim records a Job that is about to be made for this process alone, so that cleanup knows whose it is should the process be
// killed. release is called once the Job is gone.
func (m *Manager) claim(j *batchv1.Job) (release func()) {
	dir, err := stateDir(m.Clients.ClusterKey())
	if err != nil {
		return func() {}
	}
	s := store{dir}
	r := record{Pod: Pod{Pod: jobpod.Pod{Namespace: j.Namespace, Name: j.Name, Job: j.Name}, Node: j.Annotations[NodeAnnotation]}, Use: newUse()}
	use, err := s.use(r.Use)
	if err != nil {
		return func() {}
	}
	_ = s.write(j.Name, r)
	return func() {
		_ = use.Close()
		s.forget(j.Name, r)
	}
}

// of says whether the record is of the Job; one that was claimed before it was made has no UID.
func (r record) of(uid types.UID, namespace, name string) bool {
	return r.JobUID == uid || r.JobUID == "" && r.Namespace == namespace && r.Job == name
}

// stateDir is the folder of the records of one cluster as one user, made when first asked for.
func stateDir(clusterKey string) (string, error) {
	base := os.Getenv("XDG_STATE_HOME")
	if base == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		base = filepath.Join(home, ".local", "state")
	}
	dir := filepath.Join(base, "akstools", clusterKey)
	return dir, os.MkdirAll(dir, 0o700)
}

// store is the folder of records.
type store struct{ dir string }

// gate locks the choice of one node's pod against this user's other processes. It waits until they have chosen.
func (s store) gate(ctx context.Context, key string) (*flock.Flock, error) {
	l := flock.New(filepath.Join(s.dir, key+".lock"), flock.SetPermissions(0o600))
	if _, err := l.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		return nil, fmt.Errorf("locking %s: %w", l.Path(), err)
	}
	return l, nil
}

// recordKey names the record of a node's pod: one with another namespace, image or length of life, or that was made for another
// reason, is another.
func recordKey(node string, o Options) string {
	key := node + "@" + o.Namespace + "@" + o.MaxDuration.String()
	if o.Reason != "" {
		sum := sha256.Sum256([]byte(o.Reason))
		key += "@" + hex.EncodeToString(sum[:4])
	}
	if o.Image != "" {
		key += "@" + strings.Map(func(r rune) rune {
			if r == '/' || r == ':' || r == '\\' {
				return '_'
			}
			return r
		}, o.Image)
	}
	return key
}

// read returns the record, or false where there is none that can be read.
func (s store) read(key string) (r record, ok bool) {
	b, err := os.ReadFile(s.path(key))
	if err != nil {
		return r, false
	}
	return r, json.Unmarshal(b, &r) == nil && r.Name != "" && filepath.Base(r.Use) == r.Use
}

func (s store) write(key string, r record) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return os.WriteFile(s.path(key), b, 0o600)
}

// forget removes the record and its lock file.
func (s store) forget(key string, r record) {
	_ = os.Remove(s.path(key))
	_ = os.Remove(filepath.Join(s.dir, r.Use))
}

// keep makes room for another record of the key: the pod of the one that is there may be left, or still in use, and cleanup must know it.
func (s store) keep(key string) {
	if r, ok := s.read(key); ok {
		_ = os.Rename(s.path(key), s.path(keptKey(key, r)))
	}
}

// keptKey is the key of a record that is not shared any more.
func keptKey(key string, r record) string { return key + "@" + r.Use }

func (s store) path(key string) string { return filepath.Join(s.dir, key+".json") }

// newUse makes the name of a lock file.
func newUse() string { return "use-" + rand.String(10) }

// use takes the shared lock by which others see that the pod is in use.
func (s store) use(name string) (*flock.Flock, error) {
	l := flock.New(filepath.Join(s.dir, name), flock.SetPermissions(0o600))
	if ok, err := l.TryRLock(); err != nil || !ok {
		return nil, errors.Join(errors.New("the pod is being removed"), err)
	}
	return l, nil
}

// unused says whether no live process uses the pod.
func (s store) unused(name string) bool {
	path := filepath.Join(s.dir, name)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return true
	}
	l := flock.New(path)
	ok, err := l.TryLock()
	if ok {
		_ = l.Unlock()
	}
	return ok && err == nil
}

// keys returns the keys of all records.
func (s store) keys() []string {
	files, _ := filepath.Glob(filepath.Join(s.dir, "*.json"))
	keys := make([]string, len(files))
	for i, f := range files {
		keys[i] = strings.TrimSuffix(filepath.Base(f), ".json")
	}
	return keys
}
