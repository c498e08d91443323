package jobpod

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/akstools/akstools/internal/kube"
)

// server is as much of an API server as one Job needs, with a Job controller that makes what the test wants.
type server struct {
	t *testing.T
	// pods are made when the Job is, in this order.
	pods func(*batchv1.Job) []*corev1.Pod
	// admit is what admission makes of a pod; nil denies pods to the user.
	admit func(*corev1.Pod)

	// slow is how long the Job's creation takes; the request is carried out also when the client has given it up.
	slow time.Duration
	// lost means that the connection breaks before the response to the Job's creation.
	lost bool
	// standIns is whether pods can be created; without it only dry runs may be requested.
	standIns bool
	// events are the namespace's.
	events []*corev1.Event

	mu      sync.Mutex
	left    bool // the Job exists
	made    []*corev1.Pod
	dryRuns int
	// eventSelectors are the field selectors of watches of events.
	eventSelectors []fields.Selector
	jobs           chan struct{} // closed when the Job was made
}

// maker returns a Maker whose API server this is.
func (s *server) maker(notes Notes) *Maker {
	s.jobs = make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /apis/batch/v1/namespaces/{namespace}/jobs", s.createJob)
	mux.HandleFunc("DELETE /apis/batch/v1/namespaces/{namespace}/jobs/{name}", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		s.left = false
		s.mu.Unlock()
		send(w, http.StatusOK, &metav1.Status{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusSuccess})
	})
	mux.HandleFunc("POST /api/v1/namespaces/{namespace}/pods", s.createPod)
	mux.HandleFunc("DELETE /api/v1/namespaces/{namespace}/pods/{name}", s.deletePod)
	mux.HandleFunc("GET /api/v1/namespaces/{namespace}/pods", s.watch)
	mux.HandleFunc("GET /api/v1/namespaces/{namespace}/events", s.watchEvents)
	ts := httptest.NewServer(mux)
	s.t.Cleanup(ts.Close)
	content := rest.ContentConfig{ContentType: "application/json", AcceptContentTypes: "application/json"}
	config := &rest.Config{Host: ts.URL, ContentConfig: content}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		s.t.Fatal(err)
	}
	return &Maker{Clients: &kube.Clients{Interface: client, Config: config}, Notes: notes}
}

// list returns the pods that exist after the Job was deleted; before that they come by watch.
func (s *server) list(w http.ResponseWriter) {
	all := &corev1.PodList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"}}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.left {
		for _, p := range s.made {
			all.Items = append(all.Items, *p)
		}
	}
	send(w, http.StatusOK, all)
}

const jobUID = "11111111-2222-3333-4444-555555555555"

func (s *server) createJob(w http.ResponseWriter, r *http.Request) {
	var j batchv1.Job
	if err := json.NewDecoder(r.Body).Decode(&j); err != nil {
		s.t.Error(err)
	}
	time.Sleep(s.slow)
	j.UID = jobUID
	j.TypeMeta = metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"}
	s.mu.Lock()
	s.made, s.left = s.pods(&j), true
	s.mu.Unlock()
	close(s.jobs)
	if s.lost {
		panic(http.ErrAbortHandler)
	}
	send(w, http.StatusCreated, &j)
}

// createPod creates a stand-in, or returns what admission makes of a pod.
func (s *server) createPod(w http.ResponseWriter, r *http.Request) {
	var p corev1.Pod
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
		s.t.Error(err)
	}
	if r.URL.Query().Get("dryRun") != "All" {
		if !s.standIns {
			s.t.Error("a pod is created")
		}
		p.TypeMeta, p.UID = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}, "stand-in"
		s.mu.Lock()
		s.made = append(s.made, &p)
		s.mu.Unlock()
		send(w, http.StatusCreated, &p)
		return
	}
	s.mu.Lock()
	s.dryRuns++
	s.mu.Unlock()
	if s.admit == nil {
		forbidden := fmt.Errorf(`User "u" cannot create resource "pods"`)
		status := apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "", forbidden).Status()
		send(w, http.StatusForbidden, &status)
		return
	}
	s.admit(&p)
	p.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}
	send(w, http.StatusCreated, &p)
}

func (s *server) deletePod(w http.ResponseWriter, r *http.Request) {
	var o metav1.DeleteOptions
	if err := json.NewDecoder(r.Body).Decode(&o); err != nil || o.Preconditions == nil || o.Preconditions.UID == nil {
		s.t.Errorf("a pod is deleted without a UID: %v", err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made = slices.DeleteFunc(s.made, func(p *corev1.Pod) bool { return p.Name == r.PathValue("name") && p.UID == *o.Preconditions.UID })
	send(w, http.StatusOK, &metav1.Status{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusSuccess})
}

func (s *server) watch(w http.ResponseWriter, r *http.Request) {
	<-s.jobs
	if r.URL.Query().Get("watch") == "" {
		s.list(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	s.mu.Lock()
	made := s.made
	s.mu.Unlock()
	last := len(made) - 1
	for _, p := range made[:max(0, last)] {
		event(w, "ADDED", p)
	}
	mark := &corev1.Pod{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}}
	mark.ResourceVersion, mark.Annotations = "9", map[string]string{metav1.InitialEventsAnnotationKey: "true"}
	event(w, "BOOKMARK", mark) // what came before it is given in no order
	if last >= 0 {
		event(w, "ADDED", made[last])
	}
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

// watchEvents returns the events that match the field selector, as an API server does.
func (s *server) watchEvents(w http.ResponseWriter, r *http.Request) {
	selector, err := fields.ParseSelector(r.URL.Query().Get("fieldSelector"))
	if err != nil {
		s.t.Error(err)
	}
	if r.URL.Query().Get("watch") == "" {
		send(w, http.StatusOK, &corev1.EventList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "EventList"}})
		return
	}
	s.mu.Lock()
	s.eventSelectors = append(s.eventSelectors, selector)
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	for _, e := range s.events {
		if selector.Matches(fields.Set{"type": e.Type, "involvedObject.uid": string(e.InvolvedObject.UID)}) {
			event(w, "ADDED", e)
		}
	}
	mark := &corev1.Event{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Event"}}
	mark.ResourceVersion, mark.Annotations = "9", map[string]string{metav1.InitialEventsAnnotationKey: "true"}
	event(w, "BOOKMARK", mark)
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

func event(w http.ResponseWriter, kind string, object any) {
	_ = json.NewEncoder(w).Encode(map[string]any{"type": kind, "object": object})
}

func send(w http.ResponseWriter, code int, object any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(object)
}

// controllers returns the pod that the Job controller makes, running.
func controllers(j *batchv1.Job) *corev1.Pod {
	p := podOf(j)
	p.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}
	p.Name, p.UID, p.ResourceVersion = j.Name+"-real", types.UID("real"), "2"
	p.Status.Phase = corev1.PodRunning
	return p
}

// others returns that pod as somebody else would copy it, changed.
func others(j *batchv1.Job, change func(*corev1.Pod)) *corev1.Pod {
	p := controllers(j)
	p.Name, p.UID, p.ResourceVersion = "evil", types.UID("evil"), "1"
	p.Annotations = maps.Clone(p.Annotations)
	change(p)
	return p
}

// said keeps what is told to the user.
type said struct {
	mu       sync.Mutex
	warnings []string
}

func (s *said) Notef(string, ...any)       {}
func (s *said) Stepf(string, ...any)       {}
func (s *said) Creating(_, _, _, _ string) {}
func (s *said) Warnf(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.warnings = append(s.warnings, fmt.Sprintf(format, args...))
}

func (s *said) has(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(strings.Join(s.warnings, "\n"), text)
}
