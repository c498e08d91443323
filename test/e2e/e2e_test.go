// Package e2e tests the built binaries, and their parts, on the lab: a real cluster. `make test` starts the lab and
// sets AKSTOOLS_LAB to the project's root; without it, all tests here are skipped.
package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/test/e2e/faults"
)

// The lab's nodes.
const (
	node0 = faults.Node0
	node1 = faults.Node1
	ip0   = faults.Address0
	ip1   = faults.Address1
)

// lab is the running lab and the built plugins.
type lab struct{ root string }

func theLab(t testing.TB) lab {
	t.Helper()
	root := os.Getenv("AKSTOOLS_LAB")
	if root == "" {
		t.Skip("AKSTOOLS_LAB is not set: needs the lab (make test)")
	}
	takeTurn(t)
	return lab{root}
}

func (l lab) path(parts ...string) string {
	return filepath.Join(append([]string{l.root}, parts...)...)
}

func (l lab) kubeconfig() string { return l.path(".lab", "kubeconfig") }

// clients returns clients as the lab's administrator.
func (l lab) clients(t testing.TB) *kube.Clients {
	t.Helper()
	clients, err := l.tryClients()
	if err != nil {
		t.Fatal(err)
	}
	return clients
}

func (l lab) tryClients() (*kube.Clients, error) {
	flags := genericclioptions.NewConfigFlags(true)
	kubeconfig := l.kubeconfig()
	flags.KubeConfig = &kubeconfig
	return kube.New(flags)
}

// result is the result of running a program.
type result struct {
	stdout, stderr string
	code           int
	took           time.Duration
}

// command returns one of our or the lab's programs, with the lab's kubeconfig and the test's own state directory.
func (l lab) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	path := l.path("bin", name)
	switch name {
	case "kubectl":
		path = l.path(".lab", "bin", name)
	case "sh": // in a printed fix: the host's
		path = name
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+l.kubeconfig(), "PATH="+l.path("bin")+":"+l.path(".lab", "bin")+":"+os.Getenv("PATH"))
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// run runs a program, which must exit within two minutes.
func (l lab) run(t testing.TB, stdin string, name string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := l.command(ctx, name, args...)
	if stdin != "" {
		cmd.Stdin = strings.NewReader(stdin)
	}
	return finish(t, ctx, cmd)
}

func finish(t testing.TB, ctx context.Context, cmd *exec.Cmd) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := time.Now()
	err := cmd.Run()
	var exit *exec.ExitError
	if ctx.Err() != nil || err != nil && !errors.As(err, &exit) {
		t.Fatalf(
			"%s: %v after %s\nstdout: %.500s\nstderr: %.2000s", strings.Join(cmd.Args, " "),
			errors.Join(err, ctx.Err()), time.Since(start), stdout.String(), stderr.String(),
		)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode(), time.Since(start)}
}

// aksnode runs the plugin.
func (l lab) aksnode(t testing.TB, args ...string) result {
	t.Helper()
	return l.run(t, "", "kubectl-aksnode", args...)
}

// must runs a program that must succeed and returns its stdout.
func (l lab) must(t testing.TB, name string, args ...string) string {
	t.Helper()
	r := l.run(t, "", name, args...)
	if r.code != 0 {
		t.Fatalf("%s %s: exit code %d: %s", name, strings.Join(args, " "), r.code, r.stderr)
	}
	return r.stdout
}

// on runs a command on a machine of the lab, with `lab exec`.
func (l lab) on(t testing.TB, machine string, argv ...string) string {
	t.Helper()
	return l.must(t, "lab", append([]string{"exec", machine, "--"}, argv...)...)
}

// fault injects a fault and clears it at the end of the test.
func (l lab) fault(t testing.TB, name string) {
	t.Helper()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if out, err := l.command(ctx, "lab", "fault", "clear", name).CombinedOutput(); err != nil {
			t.Errorf("clearing fault %s: %v: %s", name, err, out)
		}
	})
	l.must(t, "lab", "fault", "inject", name)
}

// objects returns the names of all Jobs and pods that our programs created.
func (l lab) objects(t testing.TB) []string {
	t.Helper()
	clients := l.clients(t)
	o := metav1.ListOptions{LabelSelector: "app.kubernetes.io/managed-by=akstools"}
	ctx := context.Background() // a test's own context is done when its cleanups run
	jobs, err := clients.BatchV1().Jobs("").List(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	pods, err := clients.CoreV1().Pods("").List(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, j := range jobs.Items {
		names = append(names, "job/"+j.Name)
	}
	for _, p := range pods.Items {
		names = append(names, "pod/"+p.Name)
	}
	return names
}

// gone waits until all of them are deleted.
func (l lab) gone(t testing.TB, limit time.Duration) {
	t.Helper()
	l.eventually(t, limit, func() error {
		if names := l.objects(t); len(names) > 0 {
			return fmt.Errorf("left behind: %v", names)
		}
		return nil
	})
}

// eventually waits until check returns nil.
func (l lab) eventually(t testing.TB, limit time.Duration, check func() error) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %v", limit, err)
		}
		time.Sleep(200 * time.Millisecond)
	}
}
