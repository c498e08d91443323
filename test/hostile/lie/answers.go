package lie

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// fail answers with an error whose text is hostile.
func (s *Server) fail(w http.ResponseWriter, _ *http.Request, rnd *rand.Rand) {
	errors := []struct {
		code   int
		reason string
	}{
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "NotFound"},
		{409, "Conflict"},
		{409, "AlreadyExists"},
		{410, "Expired"},
		{413, "RequestEntityTooLarge"},
		{415, "UnsupportedMediaType"},
		{422, "Invalid"},
		{429, "TooManyRequests"},
		{500, "InternalError"},
		{503, "ServiceUnavailable"},
		{504, "Timeout"},
		{200, ""},
		{418, "Tea"},
		{500, Word(rnd)},
	}
	e := errors[rnd.IntN(len(errors))]
	if e.code == 429 || e.code == 503 {
		w.Header().Set("Retry-After", []string{"0", "1", "86400", "-1", "x"}[rnd.IntN(5)])
	}
	if rnd.IntN(3) == 0 {
		w.Header().Set("Warning", `299 - "`+strings.NewReplacer("\r", " ", "\n", " ", `"`, `'`).Replace(Word(rnd))+`"`)
	}
	w.Header().Set("Content-Type", "application/json")
	body := status(e.code, e.reason, message(rnd))
	body["details"] = object{
		"name": Word(rnd), "kind": Word(rnd), "group": Word(rnd), "retryAfterSeconds": rnd.IntN(3),
		"causes": []object{{"message": Word(rnd), "field": Word(rnd), "reason": Word(rnd)}},
	}
	w.WriteHeader(e.code)
	_ = json.NewEncoder(w).Encode(body)
}

// garbage answers with what is no answer.
func (s *Server) garbage(w http.ResponseWriter, r *http.Request, rnd *rand.Rand) {
	code := []int{200, 200, 200, 403, 404, 500, 502, 204, 299}[rnd.IntN(9)]
	at := parsePath(r.URL.Path)
	isLog := at.subresource == "log" || at.subresource == "proxy" // then whatever it is, it is what a log says
	send := func(contentType, text string) {
		if isLog {
			text = RemoteStart + text + RemoteEnd
		}
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(code)
		_, _ = w.Write([]byte(text))
	}
	pod, _ := json.Marshal(s.mutated(s.world["pods"][0], rnd))
	switch rnd.IntN(13) {
	case 0:
		send("text/html", "<html><title>"+Word(rnd)+"</title>\x1b[2J\nhint: "+Injected+"</html>")
	case 1:
		send("application/json", string(pod[:rnd.IntN(len(pod))]))
	case 2:
		send("application/json", string(pod))
	case 3:
		send("application/json", "null")
	case 4:
		send("application/json", "")
	case 5:
		send("application/json", strings.Repeat("[", 200000))
	case 6:
		send("application/vnd.kubernetes.protobuf", "k8s\x00\xff\xff\xff\x7f"+Word(rnd))
	case 7:
		send("application/json", `{"kind":"List","apiVersion":"v1","items":[{"kind":"PodList","items":[null]}]}`)
	case 8:
		send(strings.Map(header, Word(rnd)), Word(rnd))
	case 9:
		send("text/plain", Word(rnd)+"\n"+message(rnd))
	case 10: // a body that is shorter than it says
		w.Header().Set("Content-Length", "100000")
		if isLog {
			pod = []byte(RemoteStart + string(pod) + RemoteEnd)
		}
		_, _ = w.Write(pod)
	case 11: // 100 MB in 100 KB
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write([]byte(`{"kind":"PodList","apiVersion":"v1","items":[`))
		for range 100 {
			if _, err := z.Write([]byte(strings.Repeat("{},", 1<<20/3))); err != nil {
				return
			}
		}
		_ = z.Close()
	case 12: // no answer at all
		if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
			_, _ = c.Write([]byte(Word(rnd)))
			_ = c.Close()
		}
	}
}

func header(r rune) rune {
	if r < ' ' || r > '~' {
		return '?'
	}
	return r
}

// redirect sends the client elsewhere.
func (s *Server) redirect(w http.ResponseWriter, r *http.Request, rnd *rand.Rand) {
	to := []string{
		s.Elsewhere + r.URL.Path, s.Elsewhere, r.URL.Path, strings.TrimPrefix(s.Elsewhere, "https:"), "file:///etc/passwd",
		"gopher://127.0.0.1/", "/api/v1/" + strings.Map(header, Word(rnd)),
	}[rnd.IntN(7)]
	w.Header().Set("Location", to)
	w.WriteHeader([]int{301, 302, 303, 307, 308}[rnd.IntN(5)])
}

// slow answers byte by byte, late or never.
func (s *Server) slow(w http.ResponseWriter, r *http.Request, rnd *rand.Rand) {
	pause := func(d time.Duration) bool {
		select {
		case <-r.Context().Done():
			return false
		case <-time.After(d):
			return true
		}
	}
	switch rnd.IntN(8) {
	case 0:
		<-r.Context().Done()
	case 1: // never the end of the body
		w.Header().Set("Content-Type", "application/json")
		for i := 0; pause(200 * time.Millisecond); i++ {
			_, _ = w.Write([]byte(`{"kind":"PodList","apiVersion":"v1","metadata":{"x":"` + fmt.Sprint(i)))
			_ = http.NewResponseController(w).Flush()
		}
	default:
		if pause(time.Duration(rnd.IntN(1500)) * time.Millisecond) {
			s.answer(w, r, rnd)
		}
	}
}

// flood answers with a lot of data.
func (s *Server) flood(w http.ResponseWriter, r *http.Request, rnd *rand.Rand) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[`))
	piece := []byte(strings.Repeat(`{"metadata":{"name":"x","annotations":{"a":"`+strings.Repeat("x", 1000)+`"}}},`, 64))
	for range 1 + rnd.IntN(200) { // up to 13 MB
		if _, err := w.Write(piece); err != nil {
			return
		}
	}
	_, _ = w.Write([]byte(`{"metadata":{"name":"last"}}]}`))
	_ = r
}
