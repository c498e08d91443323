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

// A record describes one node pod of this user. It is a local file, because labels in the cluster do not prove who created a pod. Next
// to it is a lock file on which each process that uses the pod holds a shared lock; the kernel releases the lock when the process dies.
type record struct {
	Pod
	Use string `json:"use"` // name of the lock file
}

// claim records a Job that is about to be created for this process alone, so that cleanup can tell whose it is if the process is
// killed. The caller calls release once the Job is deleted.
func (m *Manager) claim(j *batchv1.Job) (release func()) {
	dir, err := stateDir(m.Clients.ClusterKey())
	if err != nil {
		return func() {}
	}
	s := store{dir}
	r := record{
		Pod: Pod{Pod: jobpod.Pod{Namespace: j.Namespace, Name: j.Name, Job: j.Name}, Node: j.Annotations[NodeAnnotation]},
		Use: newUse(),
	}
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

// matches reports whether the record is of the Job. A record by claim has no UID: it was written before the Job was created.
func (r record) matches(uid types.UID, namespace, name string) bool {
	return r.JobUID == uid || r.JobUID == "" && r.Namespace == namespace && r.Job == name
}

// stateDir returns the directory for the records of one cluster as one user. It creates the directory if necessary.
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

// store is a directory of records.
type store struct{ dir string }

// gate takes the lock that serializes acquiring and releasing the pod of one key between processes of this user.
func (s store) gate(ctx context.Context, key string) (*flock.Flock, error) {
	l := flock.New(filepath.Join(s.dir, key+".lock"), flock.SetPermissions(0o600))
	if _, err := l.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		return nil, fmt.Errorf("locking %s: %w", l.Path(), err)
	}
	return l, nil
}

// recordKey returns the key under which pods are shared: sessions share a pod only if node, namespace, MaxDuration, Reason and Image
// are the same.
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

// read returns the record. ok is false if it does not exist or is not valid.
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

// keep renames the record of the key, if any, to make room for a new one. Its pod may still exist, or even be in use, and cleanup must
// be able to find it.
func (s store) keep(key string) {
	if r, ok := s.read(key); ok {
		_ = os.Rename(s.path(key), s.path(keptKey(key, r)))
	}
}

// keptKey returns the key of a record that was renamed by keep.
func keptKey(key string, r record) string { return key + "@" + r.Use }

func (s store) path(key string) string { return filepath.Join(s.dir, key+".json") }

// newUse returns a new name for a lock file.
func newUse() string { return "use-" + rand.String(10) }

// use takes the shared lock that shows other processes that the pod is in use.
func (s store) use(name string) (*flock.Flock, error) {
	l := flock.New(filepath.Join(s.dir, name), flock.SetPermissions(0o600))
	if ok, err := l.TryRLock(); err != nil || !ok {
		return nil, errors.Join(errors.New("the pod is being removed"), err)
	}
	return l, nil
}

// unused reports whether no process uses the pod.
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
