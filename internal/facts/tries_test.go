package facts

import (
	"context"
	"errors"
	"testing"
)

// What got no answer or was cut is tried again; another error stays as it is.
func TestAgain(t *testing.T) {
	refused, cut := errors.New("dial tcp 10.0.0.4:10250: connect: connection refused"), errors.New("websocket: close 1006 (abnormal closure): unexpected EOF")
	for name, c := range map[string]struct {
		errs          []error
		err           error // of what is tried again
		retried, left int
	}{
		"all good":          {errs: []error{nil, nil, nil}},
		"one cut":           {errs: []error{nil, cut, nil}, retried: 1},
		"one without":       {errs: []error{nil, errNoAnswer, nil}, retried: 1},
		"cut again":         {errs: []error{cut, cut, nil}, err: cut, left: 2},
		"refused and a cut": {errs: []error{refused, cut, nil}, retried: 1, left: 1},
	} {
		t.Run(name, func(t *testing.T) {
			retried, left := again(t.Context(), c.errs, func(context.Context) error { return c.err }), 0
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
