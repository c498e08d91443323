package lie

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Server is an API server that lies in one way. It serves one client, for one run.
type Server struct {
	Seed uint64
	Mood Mood
	// Elsewhere is the URL to which it redirects.
	Elsewhere string

	world world

	mu       sync.Mutex
	times    map[string]uint64 // how often each request came
	jobs     []*job
	requests []string
}

// New returns a server. Equal seeds and moods lie in the same way.
func New(seed uint64, mood Mood, elsewhere string) (*Server, error) {
	w, err := newWorld()
	if err != nil {
		return nil, err
	}
	return &Server{Seed: seed, Mood: mood, Elsewhere: elsewhere, world: w, times: map[string]uint64{}}, nil
}

// Requests returns the requests so far.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.requests...)
}

// random are the names and markers that clients draw, which must not change what a seed gives.
var random = regexp.MustCompile(`[0-9a-f]{32}|-[a-z0-9]{5}\b|resourceVersion=\w*|timeout(Seconds)?=\w*`)

// draw returns the source of the answer to the request: the same for the n-th of equal requests of every run with the seed.
func (s *Server) draw(r *http.Request) *rand.Rand {
	key := random.ReplaceAllString(r.Method+" "+r.URL.Path+"?"+r.URL.RawQuery, "")
	s.mu.Lock()
	n := s.times[key]
	s.times[key]++
	s.requests = append(s.requests, fmt.Sprintf("%.200s", r.Method+" "+r.URL.RequestURI()))
	s.mu.Unlock()
	return s.source(fmt.Sprint(n, " ", key))
}

// source returns a source that depends on the seed and the text.
func (s *Server) source(text string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return rand.New(rand.NewPCG(s.Seed, h.Sum64()))
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rnd := s.draw(r)
	if r.Header.Get("Upgrade") != "" {
		s.upgrade(w, r, rnd)
		return
	}
	if rnd.Float64() < s.Mood.spoils && s.Mood.answer != nil {
		s.Mood.answer(s, w, r, rnd)
		return
	}
	s.answer(w, r, rnd)
}

// answer is the answer of a server that does not spoil it, except for what is in the objects.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, rnd *rand.Rand) {
	at := parsePath(r.URL.Path)
	switch {
	case r.URL.Path == "/version":
		s.send(w, http.StatusOK, object{"major": "1", "minor": "33", "gitVersion": "v1.33.5", "platform": "linux/amd64"}, rnd)
	case strings.HasPrefix(at.resource, "self") || strings.HasSuffix(at.resource, "reviews.authorization.k8s.io"):
		s.review(w, r, rnd)
	case at.resource == "":
		s.discovery(w, r, rnd)
	case at.subresource == "log" || at.subresource == "proxy":
		s.log(w, r, rnd)
	case r.Method == http.MethodGet && r.URL.Query().Get("watch") != "":
		s.watch(w, r, at, rnd)
	case r.Method == http.MethodGet && at.name != "":
		s.get(w, at, rnd)
	case r.Method == http.MethodGet:
		s.list(w, r, at, rnd)
	case r.Method == http.MethodPost:
		s.create(w, r, at, rnd)
	default:
		s.send(w, http.StatusOK, object{"kind": "Status", "apiVersion": "v1", "status": "Success"}, rnd)
	}
}

func (s *Server) get(w http.ResponseWriter, at place, rnd *rand.Rand) {
	for _, p := range s.pods() {
		if at.resource == "pods" && metadata(p)["name"] == at.name {
			s.sendRaw(w, http.StatusOK, s.own(p, rnd))
			return
		}
	}
	o := s.world.get(at.resource, at.namespace, at.name)
	if o == nil {
		s.send(w, http.StatusNotFound, status(404, "NotFound", at.resource+" \""+at.name+"\" not found"), rnd)
		return
	}
	s.send(w, http.StatusOK, o, rnd)
}

func (s *Server) list(w http.ResponseWriter, r *http.Request, at place, rnd *rand.Rand) {
	items := s.items(r, at)
	kind, version := "List", at.version
	if len(items) > 0 {
		kind, _ = items[0]["kind"].(string)
		kind += "List"
	} else if all := s.world[at.resource]; len(all) > 0 {
		kind, _ = all[0]["kind"].(string)
		kind += "List"
	}
	if strings.Contains(r.Header.Get("Accept"), "PartialObjectMetadataList") {
		kind, version = "PartialObjectMetadataList", "meta.k8s.io/v1"
	}
	list := object{"kind": kind, "apiVersion": version, "metadata": object{"resourceVersion": "1000"}, "items": items}
	if s.Mood.endless && rnd.IntN(4) == 0 {
		list["metadata"] = object{"resourceVersion": "1000", "continue": fmt.Sprintf("more%d", rnd.Uint64())}
	}
	if s.Mood.huge > 1 && len(items) > 0 {
		var many []object
		for i := range s.Mood.huge {
			o := items[i%len(items)]
			many = append(many, renamed(o, "", fmt.Sprintf("%v-%d", metadata(o)["name"], i)))
		}
		list["items"] = many
	}
	s.send(w, http.StatusOK, list, rnd)
}

// items returns what a list or a watch has.
func (s *Server) items(r *http.Request, at place) []object {
	q := r.URL.Query()
	items := s.world.list(at.resource, at.namespace, q.Get("labelSelector"), q.Get("fieldSelector"))
	if at.resource == "pods" {
		for _, p := range s.pods() {
			if strings.Contains(q.Get("labelSelector"), fmt.Sprint(labelsOf(p)["batch.kubernetes.io/controller-uid"])) {
				items = append(items, p)
			}
		}
	}
	return items
}

// watch sends what there is and then nothing, until the client or the mood ends it.
func (s *Server) watch(w http.ResponseWriter, r *http.Request, at place, rnd *rand.Rand) {
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	event := func(kind string, o any) { _ = encoder.Encode(object{"type": kind, "object": o}) }
	sent := map[any]bool{}
	more := func() {
		for _, o := range s.items(r, at) {
			if uid := metadata(o)["uid"]; !sent[uid] {
				sent[uid] = true
				if _, ours := labelsOf(o)["batch.kubernetes.io/controller-uid"]; ours {
					event("ADDED", s.own(o, rnd))
					continue
				}
				event("ADDED", s.mutated(o, rnd))
			}
		}
		_ = http.NewResponseController(w).Flush()
	}
	more()
	kind := "Pod"
	if all := s.world[at.resource]; len(all) > 0 {
		kind, _ = all[0]["kind"].(string)
	}
	event("BOOKMARK", object{"kind": kind, "apiVersion": at.version, "metadata": object{
		"resourceVersion": "1000", "annotations": object{"k8s.io/initial-events-end": "true"},
	}})
	if s.Mood.stream != nil {
		s.Mood.stream(s, w, r, rnd)
		return
	}
	for {
		more()
		select {
		case <-r.Context().Done():
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// send sends the object, with the lies of the mood in it.
func (s *Server) send(w http.ResponseWriter, code int, o object, rnd *rand.Rand) {
	s.sendRaw(w, code, s.mutated(o, rnd))
}

func (s *Server) sendRaw(w http.ResponseWriter, code int, o any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(o)
}

// own returns an object that the client created, or its pod. Mostly only its status is changed: otherwise the client gets no further.
func (s *Server) own(o object, rnd *rand.Rand) any {
	switch next := clone(o); rnd.IntN(8) {
	case 0:
		return s.mutated(o, rnd)
	case 1, 2:
		next["status"] = s.Mood.objects.Mutate(rnd, next["status"])
		return next
	}
	return o
}

func (s *Server) mutated(o object, rnd *rand.Rand) any {
	return s.Mood.objects.Mutate(rnd, clone[any](o))
}

// status is an error as API servers send it.
func status(code int, reason, message string) object {
	return object{
		"kind": "Status", "apiVersion": "v1", "metadata": object{}, "status": "Failure", "code": code, "reason": reason, "message": message,
	}
}
