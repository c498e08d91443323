package cmdline

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFlags(t *testing.T) {
	f := ClusterFlags{"--context=my prod"}
	for given, want := range map[string]string{
		"kubectl get pods":                       "kubectl '--context=my prod' get pods",
		"kubectl aksnode run n -- kubectl get x": "kubectl aksnode '--context=my prod' run n -- kubectl get x",
		"az vm list":                             "az vm list",
		"kubectl":                                "kubectl",
	} {
		argv := strings.Fields(given)
		if diff := cmp.Diff(want, Quote(f.Argv(f.Argv(argv)))); diff != "" {
			t.Errorf("%s: %s", given, diff)
		}
		if Quote(argv) != given {
			t.Errorf("the given argv was changed to %q", argv)
		}
		if diff := cmp.Diff(given, Quote(ClusterFlags(nil).Argv(argv))); diff != "" {
			t.Error(diff)
		}
	}
	got := Quote(ClusterFlags{"--user=dev", "--context=c"}.Argv(strings.Fields("kubectl aksnode ssh n")))
	if diff := cmp.Diff("kubectl aksnode --context=c ssh n", got); diff != "" {
		t.Error(diff)
	}
	script := []string{"sh", "-c", `printf %s "$1" | kubectl apply -f -`, "sh", "x"}
	if diff := cmp.Diff(`printf %s "$1" | kubectl '--context=my prod' apply -f -`, f.Argv(f.Argv(script))[2]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("take it away with 'kubectl aksnode '--context=my prod' cleanup'; kubectl debug leaves pods",
		f.Text("take it away with 'kubectl aksnode cleanup'; kubectl debug leaves pods")); diff != "" {
		t.Error(diff)
	}
}
