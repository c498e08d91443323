package cmdline

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFlags(t *testing.T) {
	f := ClusterFlags{"--context=my prod"}
	for _, c := range []struct {
		given Command
		want  string
	}{
		{Kubectl("get", "pods"), "kubectl '--context=my prod' get pods"},
		{
			Kubectl("aksnode", "run", "n", "--").Running(Kubectl("get", "x")),
			"kubectl aksnode '--context=my prod' run n -- kubectl get x",
		},
		{Az("vm", "list"), "az vm list"},
		{Program("kubectl"), "kubectl"},
		{Script("kubectl version"), "sh -c 'kubectl version'"},
		{Apply("{}"), `sh -c 'm=$1; shift; printf %s "$m" | kubectl "$@" apply -f -' sh '{}' '--context=my prod'`},
		{Command{}, ""},
	} {
		given := c.given.Posix()
		if diff := cmp.Diff(c.want, f.Add(f.Add(c.given)).Posix()); diff != "" {
			t.Errorf("%s: %s", given, diff)
		}
		if c.given.Posix() != given {
			t.Errorf("the given command was changed to %s", c.given.Posix())
		}
		if diff := cmp.Diff(given, ClusterFlags(nil).Add(c.given).Posix()); diff != "" {
			t.Error(diff)
		}
	}
	got := ClusterFlags{"--user=dev", "--context=c"}.Add(Kubectl("aksnode", "ssh", "n")).Posix()
	if diff := cmp.Diff("kubectl aksnode --context=c ssh n", got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("remove it with 'kubectl aksnode '--context=my prod' cleanup'; kubectl debug leaves pods",
		f.Text("remove it with 'kubectl aksnode cleanup'; kubectl debug leaves pods")); diff != "" {
		t.Error(diff)
	}
}
