package report

import (
	"bytes"
	"io"
	"iter"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/akstools/akstools/internal/check"
)

// Reports are written one after the other as kubectl prints them as one object.
func TestListsAreWrittenAsKubectlPrintsThem(t *testing.T) {
	r := New("doctor", check.Ref{Kind: "service", Name: "a: [] <b>"}, []check.Result{resultOf(check.Fail, check.Error)})
	other := New("doctor", check.Ref{Kind: "service", Name: "y"}, nil)
	for name, format := range map[string]struct {
		write   func(io.Writer, iter.Seq[*Report]) error
		printer func() printers.ResourcePrinter
	}{
		"json": {WriteJSON, func() printers.ResourcePrinter { return &printers.JSONPrinter{} }},
		"yaml": {WriteYAML, func() printers.ResourcePrinter { return &printers.YAMLPrinter{} }},
	} {
		for _, reports := range [][]*Report{nil, {r}, {r, other}, {other, r, other}} {
			var object runtime.Object = NewList(reports)
			if len(reports) == 1 {
				object = r
			}
			var want, got bytes.Buffer
			if err := format.printer().PrintObj(object, &want); err != nil {
				t.Fatal(err)
			}
			if err := format.write(&got, slices.Values(reports)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.String(), got.String()); diff != "" {
				t.Errorf("%d reports as %s: %s", len(reports), name, diff)
			}
		}
	}
}
