package cluster

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// podServer answers lists of n pods as an API server does, in pages if limited. cache answers a list from the watch cache instead; nil:
// as an API server does.
func podServer(t *testing.T, n int, cache http.HandlerFunc) (client kubernetes.Interface, queries *[]url.Values) {
	t.Helper()
	queries = &[]url.Values{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		*queries = append(*queries, q)
		if q.Get("resourceVersion") != "" && cache != nil {
			cache(w, r)
			return
		}
		first, end, page := 0, n, 500
		_, _ = fmt.Sscan(q.Get("continue"), &first)
		list := corev1.PodList{ListMeta: metav1.ListMeta{ResourceVersion: "77"}}
		if q.Get("limit") != "" && first+page < n {
			end = first + page
			list.Continue = fmt.Sprint(end)
		}
		for i := first; i < end; i++ {
			list.Items = append(list.Items, corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint(i)}})
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(list); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	client, err := kubernetes.NewForConfig(&rest.Config{Host: s.URL})
	if err != nil {
		t.Fatal(err)
	}
	return client, queries
}

// A long list takes two requests, the second of the watch cache, which must not be older than the first.
func TestEachLarge(t *testing.T) {
	page, cached := url.Values{"limit": {"500"}}, url.Values{"resourceVersion": {"77"}, "resourceVersionMatch": {"NotOlderThan"}}
	next := func(from string) url.Values { return url.Values{"limit": {"500"}, "continue": {from}} }
	tooNew := func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusGatewayTimeout)
		fmt.Fprint(w, `{"kind":"Status","status":"Failure","reason":"Timeout","message":"Too large resource version","code":504}`)
	}
	cut := func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"kind":"PodList","metadata":{"resourceVersion":"78"},"items":[{"metadata":{"name":"0"}}`)
	}
	for name, c := range map[string]struct {
		pods    int
		cache   http.HandlerFunc
		want    int // pods
		queries []url.Values
		err     string
	}{
		"none":                      {pods: 0, queries: []url.Values{page}},
		"one page":                  {pods: 500, want: 500, queries: []url.Values{page}},
		"more":                      {pods: 5001, want: 5001, queries: []url.Values{page, cached}},
		"the cache cannot serve it": {pods: 1200, cache: tooNew, want: 1200, queries: []url.Values{page, cached, next("500"), next("1000")}},
		"the response is cut short": {pods: 1200, cache: cut, want: 1, queries: []url.Values{page, cached}, err: "unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			client, queries := podServer(t, c.pods, c.cache)
			seen := map[string]int{}
			err := EachLarge(t.Context(), client.CoreV1().RESTClient(), "pods", "shop", func(p *corev1.Pod) { seen[p.Name]++ })
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("%v, want %q", err, c.err)
			}
			if diff := cmp.Diff(c.queries, *queries); diff != "" || len(seen) != c.want {
				t.Errorf("%d pods, want %d; %s", len(seen), c.want, diff)
			}
			for pod, n := range seen {
				if n > 1 {
					t.Errorf("pod %s was seen %d times", pod, n)
				}
			}
		})
	}
}

func FuzzDecodeList(f *testing.F) {
	for _, text := range []string{
		`{"kind":"PodList","metadata":{"resourceVersion":"1","continue":"x"},"items":[{"metadata":{"name":"a"}}]}`,
		`{"items":null}`, `{"items":{}}`, `{"items":[`, `[]`, ``, `{"metadata":1}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := decodeList(strings.NewReader(text), func(*corev1.Pod) {})
		if broken := json.NewDecoder(strings.NewReader(text)).Decode(&json.RawMessage{}); err == nil && broken != nil {
			t.Errorf("%q is a list, and no JSON: %v", text, broken)
		}
	})
}
