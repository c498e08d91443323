package insideout

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTargets(t *testing.T) {
	for _, c := range []struct {
		args []string
		want []target
		says string
	}{
		{[]string{"svc/web"}, []target{{kind: "service", name: "web"}}, ""},
		{[]string{"Service/web", "svc/web"}, []target{{kind: "service", name: "web"}}, ""},
		{[]string{"svc", "web", "api"}, []target{{kind: "service", name: "web"}, {kind: "service", name: "api"}}, ""},
		{[]string{"deploy/web", "sts/db", "ds/agent", "po/web-0"}, []target{
			{kind: "deployment", name: "web"},
			{kind: "statefulset", name: "db"},
			{kind: "daemonset", name: "agent"},
			{kind: "pod", name: "web-0"},
		}, ""},
		{[]string{"pod/web.v1"}, []target{{kind: "pod", name: "web.v1"}}, ""},
		{[]string{"https://shop.example.com:8443/cart?x=1"}, []target{{kind: "host", name: "shop.example.com", path: "/cart"}}, ""},
		{[]string{"ing/front"}, []target{{kind: "ingress", name: "front"}}, ""},
		{[]string{"httproute/front"}, []target{{kind: "httproute", name: "front"}}, ""},
		{[]string{"http://[2001:db8::1]/"}, []target{{kind: "host", name: "2001:db8::1"}}, ""},
		{[]string{"Shop.Example.com."}, []target{{kind: "host", name: "shop.example.com"}}, ""},
		{[]string{"10.1.2.3"}, []target{{kind: "host", name: "10.1.2.3"}}, ""},
		{[]string{"web"}, nil, "names no kind"},
		{[]string{"cm/web"}, nil, "cannot be checked"},
		{[]string{"svc/web.v1"}, nil, "cannot be the name of a service"},
		{[]string{"svc/"}, nil, "cannot be the name of a service"},
		{[]string{"pod/../etc"}, nil, "cannot be the name of a pod"},
		{[]string{"http://a_b/"}, nil, "is neither a URL nor a host name"},
		{[]string{"x.y;rm -rf"}, nil, "is neither a URL nor a host name"},
	} {
		got, err := targets(c.args)
		diff := cmp.Diff(c.want, got, cmp.AllowUnexported(target{}))
		if diff != "" || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v\n%s", c.args, err, diff)
		}
	}
}

func FuzzTargets(f *testing.F) {
	f.Add("svc/web")
	f.Add("https://[::1%25eth0]:99/x")
	f.Fuzz(func(t *testing.T, arg string) {
		list, err := targets([]string{arg})
		if err == nil && (len(list) != 1 || list[0].name == "" || strings.ContainsAny(list[0].name, " /\x00\x1b")) {
			t.Errorf("%q: %+v", arg, list)
		}
	})
}
