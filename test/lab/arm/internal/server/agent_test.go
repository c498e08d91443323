package server

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// command sends a request of the lab's own commands, and returns the answer.
func (a azure) command(t *testing.T, method, path string, in any) *httptest.ResponseRecorder {
	t.Helper()
	b, err := json.Marshal(in)
	if err != nil {
		t.Error(err)
	}
	w := httptest.NewRecorder()
	a.Control().ServeHTTP(w, httptest.NewRequest(method, path, bytes.NewReader(b)))
	if w.Code >= http.StatusBadRequest {
		t.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return w
}

// runAgent is an agent that answers each work with the failure.
func (a azure) runAgent(t *testing.T, failure string) (seen *[]Work) {
	t.Helper()
	a.command(t, http.MethodPut, "/agent", true)
	seen = &[]Work{}
	stop, stopped := make(chan bool), make(chan bool)
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
			answer := a.command(t, http.MethodPost, "/agent/work", nil)
			if answer.Code == http.StatusNoContent {
				continue
			}
			var w Work
			if err := json.NewDecoder(answer.Body).Decode(&w); err != nil {
				t.Error(err)
				return
			}
			*seen = append(*seen, w)
			a.command(t, http.MethodPut, "/agent/work", Outcome{Number: w.Number, Failure: failure})
		}
	}()
	t.Cleanup(func() { close(stop); <-stopped })
	return seen
}

// TestAgent has an agent do what the extension asks for.
func TestAgent(t *testing.T) {
	a := connectable(t, "Owner")
	seen := a.runAgent(t, "")
	if code := a.link(t, linkBody()); code != "" || a.stateOf(t, extID) != "Succeeded" {
		t.Fatalf("%s, the extension is %s", code, a.stateOf(t, extID))
	}
	want := Work{
		Number: 1, Connection: "mydb", Namespace: "shop", ClientID: clientID,
		Keys: []string{"AZURE_STORAGEBLOB_CLIENTID", "AZURE_STORAGEBLOB_RESOURCEENDPOINT"},
	}
	if len(*seen) != 1 || (*seen)[0].Connection != want.Connection || (*seen)[0].ClientID != want.ClientID ||
		(*seen)[0].Namespace != want.Namespace || !slices.Equal((*seen)[0].Keys, want.Keys) {
		t.Errorf("%+v", *seen)
	}
}

// TestAgentFails holds that what Helm says ends in the extension's error, and that an agent that does not answer is not waited for longer.
func TestAgentFails(t *testing.T) {
	a := connectable(t, "Owner")
	a.runAgent(t, "failed post-install: job sc-job failed: BackoffLimitExceeded")
	code := a.link(t, linkBody())
	if code != "ExtensionOperationFailed" || a.stateOf(t, extID) != "Failed" || a.stateOf(t, linkerID) != "Failed" {
		t.Errorf("%s, the extension is %s", code, a.stateOf(t, extID))
	}
	o, err := a.Store.Get(extID)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := json.Marshal(o); !strings.Contains(string(b), "InnerError [failed post-install: job sc-job failed: BackoffLimitExceeded]") {
		t.Errorf("%s", b)
	}
	silent := connectable(t, "Owner")
	silent.SetBehavior(Behavior{Patience: 10 * time.Millisecond})
	silent.command(t, http.MethodPut, "/agent", true)
	if code := silent.link(t, linkBody()); code != "ExtensionOperationFailed" || silent.stateOf(t, extID) != "Failed" {
		t.Errorf("%s, the extension is %s", code, silent.stateOf(t, extID))
	}
}
