package e2e

import (
	"context"
	"strings"
	"testing"
)

func TestWrongNode(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	r := l.aksnode(t, "ssh", "aks-nodepool1-12345678-vmss00001", "--", "hostname")
	if r.code != 255 || !strings.Contains(r.stderr, "did you mean: "+node1) {
		t.Errorf("%+v", r)
	}
	l.must(t, "kubectl", "create", "-f", l.path("test/e2e/testdata/virtual-node.yaml"))
	t.Cleanup(func() {
		_ = l.command(context.Background(), "kubectl", "delete", "-f", l.path("test/e2e/testdata/virtual-node.yaml")).Run()
	})
	if r = l.aksnode(t, "ssh", "virtual-node-aci-linux", "--", "hostname"); r.code != 255 || !strings.Contains(r.stderr, "virtual node") {
		t.Errorf("%+v", r)
	}
	key := l.authorize(t, node1)
	l.fault(t, "kubelet-stopped")
	l.must(t, "kubectl", "wait", "--for=condition=Ready=Unknown", "node/"+node1, "--timeout=60s")
	r = l.aksnode(t, "ssh", node1, "--", "hostname")
	if r.code != 255 || !strings.Contains(r.stderr, "has been NotReady for") || !strings.Contains(r.stderr, "silent since about ") ||
		!strings.Contains(r.stderr, "kubectl aksnode run "+node1+" --via azure -- systemctl status kubelet") {
		t.Errorf("%+v", r)
	}
	if r = l.aksnode(t, "list"); !strings.Contains(r.stdout, "run --via azure, ssh -i") {
		t.Errorf("%s", r.stdout)
	}
	r = l.aksnode(t, "logs", node1, "--tail", "3")
	if r.code != 255 || !strings.Contains(r.stderr, "kubectl aksnode logs "+node1+" --via azure --tail 3") {
		t.Errorf("%+v", r)
	}
	// its sshd still runs, so the other node must be the hop
	r = l.aksnode(t, "ssh", node1, "-i", key, acceptNew, "--", "hostname")
	if r.code != 0 || r.stdout != node1+"\n" || !strings.Contains(r.stderr, "connecting via node "+node0) {
		t.Errorf("%+v", r)
	}
	r = l.aksnode(t, "run", "--all", "--prefix", "-q", "--", "hostname")
	if r.code != 255 || r.stdout != node0+": "+node0+"\n" || !strings.Contains(r.stderr, "has been NotReady for") {
		t.Errorf("%+v", r)
	}
	t.Run("no node to go by", func(t *testing.T) {
		l.stopped(t, node0, "kubelet")
		l.must(t, "kubectl", "wait", "--for=condition=Ready=Unknown", "node/"+node0, "--timeout=60s")
		r := l.aksnode(t, "ssh", node1, "-i", key, "--", "hostname")
		if r.code != 255 || !strings.Contains(r.stderr, "no hop to node \""+node1+"\"") ||
			!strings.Contains(r.stderr, "node \""+node0+"\" has been NotReady for") {
			t.Errorf("%+v", r)
		}
		windowsKey := windowsNode(t, l)
		r = l.aksnode(t, "ssh", windows, "-i", windowsKey, "--", "hostname")
		if r.code != 255 || !strings.Contains(r.stderr, "a Windows node is reached over SSH only from a Linux node: ") ||
			!strings.Contains(r.stderr, "kubectl aksnode ssh "+windows+" --hostprocess") {
			t.Errorf("%+v", r)
		}
	})
	l.must(t, "lab", "fault", "clear", "kubelet-stopped")
	l.must(t, "kubectl", "wait", "--for=condition=Ready", "node/"+node0, "--timeout=60s")
	l.must(t, "kubectl", "wait", "--for=condition=Ready", "node/"+node1, "--timeout=60s")
}
