package run

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"

	"github.com/akstools/akstools/test/hostile/judge"
	"github.com/akstools/akstools/test/hostile/lie"
	"github.com/akstools/akstools/test/hostile/table"
)

// Trial is one command line against one lying server.
type Trial struct {
	Line table.Line
	Mood lie.Mood
	Seed uint64 // of the server's lies
}

// Name is the trial's name in tests.
func (t Trial) Name() string {
	return t.Mood.Name + "/" + strings.ReplaceAll(t.Line.Command, " ", "-") + fmt.Sprintf("/%d", t.Seed)
}

// Run runs the trial with the programs in bin, in the directory dir. files are put into the working directory.
func (t Trial) Run(ctx context.Context, bin, dir string, files map[string][]byte, limits Limits) (Result, *lie.Server) {
	s, err := NewSandbox(dir, files)
	if err != nil {
		return Result{Wrong: []string{err.Error()}}, nil
	}
	var visits visits
	elsewhere, stop, err := lie.Listen(&visits)
	if err != nil {
		return Result{Wrong: []string{err.Error()}}, nil
	}
	defer stop()
	server, err := lie.New(t.Seed, t.Mood, elsewhere)
	if err != nil {
		return Result{Wrong: []string{err.Error()}}, nil
	}
	url, stop, err := lie.Listen(server)
	if err != nil {
		return Result{Wrong: []string{err.Error()}}, nil
	}
	defer stop()
	if err := s.configure(url); err != nil {
		return Result{Wrong: []string{err.Error()}}, server
	}
	args := make([]string, len(t.Line.Args))
	for i, a := range t.Line.Args {
		args[i] = strings.Replace(a, "~/", s.home()+"/", 1)
	}
	var stdin []byte
	if t.Line.Stdin {
		stdin = []byte(lie.Text(t.Seed))
	}
	r := s.program(ctx, filepath.Join(bin, "kubectl-"+t.Line.Plugin), args, stdin, limits)
	r.Wrong = append(r.Wrong, judge.Texts(t.Line.Command, judge.Output{Stdout: r.Stdout, Stderr: r.Stderr})...)
	if w := judge.Code(t.Line.Plugin, t.Line.Command, r.Code, r.Interrupted); w != "" {
		r.Wrong = append(r.Wrong, w)
	}
	if t.Line.Command == "aksnode ssh-config" {
		if w := judge.SSHConfig(r.Stdout); w != "" && t.Line.Args[0] != "__complete" {
			r.Wrong = append(r.Wrong, "stdout: "+w)
		}
	}
	r.Wrong = append(r.Wrong, s.Wrong(t.Line.Command, files)...)
	r.Wrong = append(r.Wrong, visits.wrong()...)
	return r, server
}

// visits are the requests to the server to which the API server redirects.
type visits struct {
	mu   sync.Mutex
	seen []string
}

// ServeHTTP implements http.Handler.
func (v *visits) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	text := r.Method + " " + r.URL.Path
	if strings.Contains(r.Header.Get("Authorization"), lie.Canary) {
		text += " with the token"
	}
	v.seen = append(v.seen, text)
	w.WriteHeader(http.StatusNotFound)
}

func (v *visits) wrong() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.seen) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("it followed a redirect to another server: %s", v.seen[0])}
}
