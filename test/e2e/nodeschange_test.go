package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestRunWhileNodesChange: a node that leaves while a command runs on all of them is named, and so is one that joins. The others' results
// are there at once.
func TestRunWhileNodesChange(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	const leaving, joining = "aks-nodepool1-00000000-vmss000000", "aks-nodepool1-00000000-vmss000001"
	machineless := func(name string) {
		t.Helper()
		// without the label of its system it is no hop
		node := fmt.Sprintf(`{"apiVersion":"v1","kind":"Node","metadata":{"name":%q}}`, name)
		if r := l.run(t, node, "kubectl", "create", "-f", "-"); r.code != 0 {
			t.Fatalf("%+v", r)
		}
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_ = l.command(ctx, "kubectl", "delete", "node", leaving, joining, "--ignore-not-found").Run()
		// no kubelet terminates their pods
		for _, name := range []string{leaving, joining} {
			_ = l.command(ctx, "kubectl", "delete", "pods", "-A", "--field-selector", "spec.nodeName="+name, "--grace-period=0", "--force").Run()
		}
		_ = l.command(ctx, "kubectl", "delete", "pods", "-l", "app.kubernetes.io/managed-by=akstools", "--grace-period=0", "--force").Run()
	})
	machineless(leaving)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := l.command(ctx, "kubectl-aksnode", "run", "--all", "--prefix", "--", "hostname")
	var stdout, stderr synchronized
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	both := node0 + ": " + node0 + "\n" + node1 + ": " + node1 + "\n"
	l.eventually(t, 30*time.Second, func() error {
		if got := stdout.String(); got != both {
			return fmt.Errorf("%q; %s", got, stderr.String())
		}
		return nil
	})
	t.Logf("the others' results were there after %.1f s", time.Since(start).Seconds())
	machineless(joining)
	l.must(t, "kubectl", "delete", "node", leaving)
	_ = cmd.Wait()
	if cmd.ProcessState.ExitCode() != 255 || stdout.String() != both ||
		!strings.Contains(stderr.String(), "node "+leaving+" has left the cluster since the command started") ||
		!strings.Contains(stderr.String(), "joined the cluster meanwhile, so that the command did not run there: "+joining) {
		t.Errorf("exit code %d: %s%s", cmd.ProcessState.ExitCode(), stdout.String(), stderr.String())
	}
	if took := time.Since(start); took > 70*time.Second {
		t.Errorf("it took %s", took)
	}
}

// TestRunKeepsTheEnd: the end of a long output is returned on request, with and without the tunnel.
func TestRunKeepsTheEnd(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	const all = 1_288_895 // bytes that seq prints
	run := func(args ...string) result {
		return l.aksnode(t, append(append([]string{"run", node0, "-q"}, args...), "--", "seq", "1", "200000")...)
	}
	r := run("--no-tunnel", "--keep", "tail")
	said := fmt.Sprintf("only the last %d of %d bytes of stdout were returned", len(r.stdout), all)
	if r.code != 0 || !strings.HasSuffix(r.stdout, "\n199999\n200000\n") || len(r.stdout) < 9000 || !strings.Contains(r.stderr, said) {
		t.Errorf("exit code %d, %d bytes ending in %.20q, %s", r.code, len(r.stdout), r.stdout[max(0, len(r.stdout)-20):], r.stderr)
	}
	r = run("--no-tunnel")
	said = fmt.Sprintf("only the first %d of %d bytes of stdout were returned; for the end: --keep tail", len(r.stdout), all)
	if r.code != 0 || !strings.HasPrefix(r.stdout, "1\n2\n") || !strings.Contains(r.stderr, said) {
		t.Errorf("exit code %d, %d bytes, %s", r.code, len(r.stdout), r.stderr)
	}
	if r = run("--keep", "tail"); r.code != 0 || len(r.stdout) != all || strings.Contains(r.stderr, "too long") {
		t.Errorf("with the tunnel: exit code %d, %d bytes, %s", r.code, len(r.stdout), r.stderr)
	}
	if r = run("--keep", "middle"); r.code == 0 || !strings.Contains(r.stderr, `--keep is "middle"`) {
		t.Errorf("%+v", r)
	}
}
