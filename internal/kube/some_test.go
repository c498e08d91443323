package kube

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

func TestSome(t *testing.T) {
	items := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(`{"metadata":{"name":"p%d"}}`, i))
		}
		return `{"kind":"PodList","metadata":{},"items":[` + strings.Join(all, ",") + "]}"
	}
	for name, test := range map[string]struct {
		status int
		answer string
		want   int // -1: an error
	}{
		"few":                       {200, items(2), 2},
		"none":                      {200, `{"items":[]}`, 0},
		"null":                      {200, `{"items":null}`, 0},
		"more than were asked for":  {200, items(9), 3},
		"what follows is not read":  {200, strings.TrimSuffix(items(4), "]}") + "garbage", 3},
		"not a list":                {200, `{"items":7}`, -1},
		"cut":                       {200, `{"items":[{"metadata":{"na`, -1},
		"an object of another type": {200, `{"items":["x"]}`, -1},
		"refused":                   {403, `{"kind":"Status","reason":"Forbidden","code":403}`, -1},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.answer))
			}))
			defer server.Close()
			client, err := kubernetes.NewForConfig(&rest.Config{Host: server.URL})
			if err != nil {
				t.Fatal(err)
			}
			pods, err := Some[corev1.Pod](t.Context(), client.CoreV1().RESTClient().Get().Resource("pods"), 3)
			if (err != nil) != (test.want < 0) || err == nil && len(pods) != test.want {
				t.Errorf("%d pods, %v", len(pods), err)
			}
			if len(pods) > 0 && pods[0].Name != "p0" {
				t.Errorf("%+v", pods[0])
			}
		})
	}
}
