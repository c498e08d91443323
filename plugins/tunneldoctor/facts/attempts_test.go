package facts

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/akstools/akstools/internal/kube"
)

// Attempts that got no answer or were cut off are retried; other errors stay.
func TestRetry(t *testing.T) {
	refused := errors.New("dial tcp 10.0.0.4:10250: connect: connection refused")
	cut := errors.New("websocket: close 1006 (abnormal closure): unexpected EOF")
	for name, c := range map[string]struct {
		errs          []error
		err           error // of the retries
		retried, left int
	}{
		"all good":          {errs: []error{nil, nil, nil}},
		"one cut":           {errs: []error{nil, cut, nil}, retried: 1},
		"one without":       {errs: []error{nil, errNoAnswer, nil}, retried: 1},
		"cut again":         {errs: []error{cut, cut, nil}, err: cut, left: 2},
		"refused and a cut": {errs: []error{refused, cut, nil}, retried: 1, left: 1},
	} {
		t.Run(name, func(t *testing.T) {
			retried, left := retry(t.Context(), c.errs, func(context.Context) error { return c.err }), 0
			for _, err := range c.errs {
				if err != nil {
					left++
				}
			}
			if retried != c.retried || left != c.left {
				t.Errorf("%d were retried and %d are left, want %d and %d", retried, left, c.retried, c.left)
			}
		})
	}
}

// A missing permission of the user is an error, however it is reported; what a policy or a kubelet denies is not.
func TestRecordDenials(t *testing.T) {
	right := kube.Right{Verb: "create", Resource: "pods/exec", Namespace: "shop"}
	user := `User "u" cannot create resource "pods/exec" in API group "" in the namespace "shop"`
	group := schema.GroupResource{Resource: "pods"}
	for name, c := range map[string]struct {
		err    error
		denied bool
	}{
		"status":     {fmt.Errorf("exec: %w", apierrors.NewForbidden(group, "web", errors.New(user))), true},
		"upgrade":    {errors.New(`unable to upgrade connection: pods "web" is forbidden: ` + user), true},
		"known":      {fmt.Errorf("exec: %w", &kube.DeniedError{Missing: []kube.Right{right}}), true},
		"policy":     {apierrors.NewForbidden(group, "web", errors.New(`violates PodSecurity "restricted:latest"`)), false},
		"no answer":  {errNoAnswer, false},
		"no failure": {nil, false},
	} {
		var attempts Attempts
		err := attempts.record([]error{c.err})
		var denied *kube.DeniedError
		if errors.As(err, &denied) != c.denied || err != nil != c.denied {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.denied {
			if diff := cmp.Diff([]kube.Right{right}, denied.Missing); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
}
