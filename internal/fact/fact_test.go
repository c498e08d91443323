package fact

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
)

// testEnv is the environment of the tests' facts.
type testEnv struct {
	Memo
	gathered []string
}

type testFact[T any] = Fact[*testEnv, T]

// appInfo is the value of a fact.
type appInfo struct {
	Name     string            `json:"name"`
	Selector map[string]string `json:"selector,omitempty"`
}

func theApp() *testFact[appInfo] {
	return &testFact[appInfo]{Name: "app", Gather: func(_ context.Context, e *testEnv) (appInfo, []check.Evidence, error) {
		e.gathered = append(e.gathered, "app")
		return appInfo{Name: "web"}, []check.Evidence{{Source: cmdline.Kubectl("get", "app")}}, nil
	}}
}

func bound() *testEnv {
	env := &testEnv{Memo: Memo{Target: check.Ref{Kind: "service", Name: "web"}}}
	Bind(env)
	return env
}

func TestFactsAreGatheredOnce(t *testing.T) {
	env, app := bound(), theApp()
	length := &testFact[int]{
		Name:  "length",
		Needs: []check.Need{app},
		Gather: func(ctx context.Context, e *testEnv) (int, []check.Evidence, error) {
			info, err := app.From(ctx, e)
			return len(info.Name), nil, err
		},
	}
	for range 2 {
		if n, err := length.From(t.Context(), env); n != 3 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	if diff := cmp.Diff([]string{"app"}, env.gathered); diff != "" {
		t.Error(diff)
	}
}

func TestFactsReadOnlyWhatTheyDeclare(t *testing.T) {
	env, app := bound(), theApp()
	length := &testFact[int]{Name: "length", Gather: func(ctx context.Context, e *testEnv) (int, []check.Evidence, error) {
		_, err := app.From(ctx, e)
		return 0, nil, err
	}}
	if _, err := length.From(t.Context(), env); err == nil || !strings.Contains(err.Error(), `"length" reads the fact "app"`) {
		t.Error(err)
	}
}

// A fact has its own time, even where the fact that asks for it first has hardly any left.
func TestFactsHaveTheirOwnDeadlines(t *testing.T) {
	env := bound()
	slow := &testFact[string]{Name: "slow", Gather: func(ctx context.Context, _ *testEnv) (string, []check.Evidence, error) {
		select {
		case <-ctx.Done():
			return "", nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
			return "found", nil, nil
		}
	}}
	hasty := &testFact[string]{
		Name:    "hasty",
		Needs:   []check.Need{slow},
		Timeout: time.Millisecond,
		Gather: func(ctx context.Context, e *testEnv) (string, []check.Evidence, error) {
			value, err := slow.From(ctx, e)
			if err == nil {
				err = ctx.Err()
			}
			return value, nil, err
		},
	}
	if _, err := hasty.From(t.Context(), env); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if value, err := slow.From(t.Context(), env); value != "found" || err != nil {
		t.Errorf("%q, %v", value, err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := slow.From(ended, bound()); !errors.Is(err, context.Canceled) {
		t.Error("the end of the run does not end a fact:", err)
	}
}

func TestErrorsAreExplained(t *testing.T) {
	env := bound()
	env.Explain = func(err error) error { return errors.New("because: " + err.Error()) }
	failing := &testFact[string]{Name: "failing", Gather: func(context.Context, *testEnv) (string, []check.Evidence, error) {
		return "", nil, errors.New("no")
	}}
	if _, err := failing.From(t.Context(), env); err == nil || err.Error() != "because: no" {
		t.Error(err)
	}
}

// An error may hold a whole answer, which a report must not show.
func TestErrorsAreCut(t *testing.T) {
	body := `{"env":[{"name":"DB_PASSWORD","value":"c4n4ry"}],"rest":"` + strings.Repeat("x ", 1<<20) + `"}`
	cause := errors.New("Object 'Kind' is missing in '" + body + "'")
	whole := &testFact[int]{Name: "whole", Gather: func(context.Context, *testEnv) (int, []check.Evidence, error) { return 0, nil, cause }}
	_, err := whole.From(t.Context(), bound())
	if !errors.Is(err, cause) || len(err.Error()) > 2*maxError || strings.Contains(err.Error(), "c4n4ry") {
		t.Errorf("%.300v", err)
	}
}

func TestObserverIsToldOfEachFact(t *testing.T) {
	env := bound()
	var mu sync.Mutex
	var told []string
	env.Observe = func(e check.Event) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, map[bool]string{false: "start ", true: "done "}[e.Done]+e.Fact+" of "+e.Target.String())
	}
	if _, err := theApp().From(t.Context(), env); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"start app of service/web", "done app of service/web"}, told); diff != "" {
		t.Error(diff)
	}
}

func TestFactsOfAnotherDoctorAreRefused(t *testing.T) {
	type otherEnv struct{ Memo }
	env := &otherEnv{}
	Bind(env)
	if _, _, err := env.Fact(t.Context(), theApp()); err == nil || !strings.Contains(err.Error(), "another doctor") {
		t.Error(err)
	}
}
