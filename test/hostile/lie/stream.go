package lie

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// streamLimit bounds what an endless stream sends, in bytes: this machine has other things to do.
const streamLimit = 64 << 20

// endless sends events, or lines of a log, without end.
func (s *Server) endless(w http.ResponseWriter, r *http.Request, rnd *rand.Rand) {
	at := parsePath(r.URL.Path)
	line := []byte(strings.Repeat("x", 1000) + "\n")
	if all := s.world[at.resource]; at.subresource == "" && len(all) > 0 {
		line, _ = json.Marshal(object{"type": "MODIFIED", "object": s.mutated(all[rnd.IntN(len(all))], rnd)})
	}
	for sent := 0; sent < streamLimit && r.Context().Err() == nil; sent += len(line) {
		if _, err := w.Write(line); err != nil {
			return
		}
		if len(line) > 1001 {
			time.Sleep(time.Millisecond)
		}
	}
	<-r.Context().Done()
}

// breakOff ends a stream in a way in which it should not end.
func (s *Server) breakOff(w http.ResponseWriter, r *http.Request, rnd *rand.Rand) {
	time.Sleep(time.Duration(rnd.IntN(300)) * time.Millisecond)
	if parsePath(r.URL.Path).subresource != "" {
		_, _ = w.Write([]byte(output(rnd)))
		panic(http.ErrAbortHandler)
	}
	encoder := json.NewEncoder(w)
	switch rnd.IntN(7) {
	case 0:
		_, _ = w.Write([]byte(`{"type":"ADDED","object":{"kind":"Pod",`))
	case 1:
		_ = encoder.Encode(object{"type": "ERROR", "object": status(410, "Expired", message(rnd))})
	case 2:
		_ = encoder.Encode(object{"type": "ERROR", "object": status(500, "InternalError", message(rnd))})
	case 3:
		_ = encoder.Encode(object{"type": Word(rnd), "object": s.mutated(s.world["nodes"][0], rnd)})
	case 4:
		_, _ = w.Write([]byte(Word(rnd)))
	case 5: // what there was is gone
		for _, o := range s.items(r, parsePath(r.URL.Path)) {
			_ = encoder.Encode(object{"type": "DELETED", "object": o})
		}
	}
}

// log answers with the log of a container or with what a kubelet serves.
func (s *Server) log(w http.ResponseWriter, r *http.Request, rnd *rand.Rand) {
	if s.Mood.stream != nil {
		s.Mood.stream(s, w, r, rnd)
		return
	}
	for range 1 + rnd.IntN(20) {
		_, _ = w.Write([]byte(output(rnd)))
	}
	if parsePath(r.URL.Path).subresource == "proxy" {
		return // what a kubelet serves is passed on
	}
	_, _ = w.Write([]byte("connecting to postgres://app:" + Canary + "@db:5432/shop password=" + Canary + "\n"))
}
