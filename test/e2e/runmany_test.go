package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestRunOnManyNodes(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	const own = `case $(hostname) in *0) echo first; exit 0;; *) echo second >&2; exit 5;; esac`
	r := l.aksnode(t, "run", "--all", "-q", "-o", "json", "--", "sh", "-c", own)
	var list struct {
		APIVersion, Kind string
		Items            []struct {
			Node, Stdout, Stderr, Error string
			ExitCode                    int
			TookSeconds                 float64
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &list); err != nil || r.code != 5 {
		t.Fatalf("%v: %+v", err, r)
	}
	if list.Kind != "RunResultList" || len(list.Items) != 2 || list.Items[0].Node != node0 || list.Items[0].Stdout != "first\n" ||
		list.Items[1].Node != node1 || list.Items[1].Stderr != "second\n" || list.Items[1].ExitCode != 5 || list.Items[1].TookSeconds <= 0 {
		t.Errorf("%+v", list)
	}
	script := filepath.Join(t.TempDir(), "who.sh")
	if err := os.WriteFile(script, []byte("#!/bin/bash\n[[ $1 == 'a b' ]] && echo \"$(hostname)|$1|\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args   []string
		stdout string
		stderr string
		code   int
	}{
		"prefixed": {
			[]string{"--pool", "nodepool1", "--prefix", "--", "printf", "a\nb"},
			node0 + ": a\n" + node0 + ": b\n" + node1 + ": a\n" + node1 + ": b\n", "", 0,
		},
		"a script": {
			[]string{node1, node0, "--prefix", "--script", script, "--", "a b"},
			node0 + ": " + node0 + "|a b|\n" + node1 + ": " + node1 + "|a b|\n", "", 0,
		},
		"without tunnel": {
			[]string{"--all", "--no-tunnel", "--prefix", "--", "hostname"},
			node0 + ": " + node0 + "\n" + node1 + ": " + node1 + "\n", "", 0,
		},
		"without tunnel, leaving a program": {
			[]string{node0, "--no-tunnel", "--prefix", "--", "sh", "-c", "echo x; sleep 20 &"}, node0 + ": x\n", "", 0,
		},
		"by selector": {
			[]string{"-l", "kubernetes.io/hostname=" + node1, "--prefix", "--", "hostname"},
			node1 + ": " + node1 + "\n", "", 0,
		},
		"no such labels": {[]string{"-l", "a=b", "--", "hostname"}, "", "no node matches the labels", 255},
		"one does not exist": {
			[]string{node0, "absent-node", "--prefix", "--", "hostname"},
			node0 + ": " + node0 + "\n",
			`node "absent-node" not found`, 255,
		},
		"a bad selector": {[]string{"-l", "=", "--", "hostname"}, "", "--selector is", 255},
	} {
		r := l.aksnode(t, append([]string{"run", "-q"}, c.args...)...)
		if r.stdout != c.stdout || r.code != c.code || !strings.Contains(r.stderr, c.stderr) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TestSoakRunAll runs 200 invocations, eight in parallel.
func TestSoakRunAll(t *testing.T) {
	l := soak(t)
	isolate(t, l)
	start := time.Now()
	slots := make(chan struct{}, 8)
	var wg sync.WaitGroup
	for i := range 200 {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			code := i % 7
			r := l.aksnode(t, "run", "--all", "-q", "--prefix", "--", "sh", "-c", fmt.Sprintf("hostname; exit %d", code))
			if want := node0 + ": " + node0 + "\n" + node1 + ": " + node1 + "\n"; r.stdout != want || r.code != code {
				t.Errorf("%d: %+v", i, r)
			}
		})
	}
	wg.Wait()
	t.Logf("200 invocations on 2 nodes: %.0f s", time.Since(start).Seconds())
	l.gone(t, 10*time.Second)
}

// TestNodeLogsGrep: the last matching lines are printed in order; matching is case-sensitive.
func TestNodeLogsGrep(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	l.on(t, node0, "sh", "-c", "systemd-run --unit=akstools-grep sh -c 'for i in 1 2 3 4; do echo line $i; echo LINE $i; done'")
	l.eventually(t, 10*time.Second, func() error {
		r := l.aksnode(t, "logs", node0, "--unit", "akstools-grep", "--grep", "^line [0-9]", "--tail", "2", "--since", "5m")
		if got := regexp.MustCompile(`(?m): (line.*)$`).FindAllStringSubmatch(r.stdout, -1); r.code != 0 || len(got) != 2 ||
			got[0][1] != "line 3" || got[1][1] != "line 4" {
			return fmt.Errorf("%+v", r)
		}
		return nil
	})
}

// TestNodeLogsJournalRotates: following a unit's journal continues in the next file.
func TestNodeLogsJournalRotates(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	unit := "akstools-rotate-" + strconv.FormatInt(time.Now().Unix(), 10)
	l.on(t, node0, "systemd-run", "--unit="+unit, "sh", "-c", "i=0; while [ $i -lt 600 ]; do i=$((i+1)); echo round $i; sleep 0.2; done")
	defer l.on(t, node0, "systemctl", "stop", unit)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := l.command(ctx, "kubectl-aksnode", "logs", "-q", node0, "-u", unit, "-f", "-g", "round")
	var stdout, stderr synchronized
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	rounds := func() (numbers []int) {
		for _, m := range regexp.MustCompile(`(?m): round (\d+)$`).FindAllStringSubmatch(stdout.String(), -1) {
			n, _ := strconv.Atoi(m[1])
			numbers = append(numbers, n)
		}
		return numbers
	}
	further := func() {
		t.Helper()
		had := len(rounds())
		l.eventually(t, 20*time.Second, func() error {
			if len(rounds()) < had+5 {
				return fmt.Errorf("it does not go on: %s %s", stdout.String(), stderr.String())
			}
			return nil
		})
	}
	further()
	for range 2 {
		l.on(t, node0, "journalctl", "--rotate")
		further()
	}
	_ = cmd.Process.Signal(syscall.SIGINT)
	_ = cmd.Wait()
	got := rounds()
	for i, n := range got {
		if n != got[0]+i {
			t.Fatalf("round %d comes after round %d", n, got[i-1])
		}
	}
	l.gone(t, 10*time.Second)
}

func TestNodeLogs(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	logs := func(args ...string) result { return l.aksnode(t, append([]string{"logs", "-q"}, args...)...) }
	if r := logs(node1, "--tail", "3"); r.code != 0 || strings.Count(r.stdout, "\n") != 3 || !strings.Contains(r.stdout, "kubelet[") {
		t.Errorf("the kubelet's: %+v", r)
	}
	if r := logs(node1, "-u", "containerd", "--since", "24h", "--tail", "2"); r.code != 0 || !strings.Contains(r.stdout, "containerd[") {
		t.Errorf("containerd's: %+v", r)
	}
	if r := logs(node1, "--via-kubelet", "-u", "kubelet", "--tail", "3"); r.code != 0 || strings.Count(r.stdout, "\n") < 3 {
		t.Errorf("by the kubelet: %+v", r)
	}
	if r := logs(node0, "--via-kubelet"); r.code != 255 || !strings.Contains(r.stderr, "is not enabled on node "+node0) {
		t.Errorf("by a kubelet that does not: %+v", r)
	}
	file := l.removed(t, node0, "/var/log/akstools-test.log")
	l.on(t, node0, "sh", "-c", "seq 1 100 > "+file)
	if r := logs(node0, "--file", file, "--tail", "2", "-g", "7"); r.stdout != "87\n97\n" {
		t.Errorf("a file: %+v", r)
	}
	if r := logs(node0, "--file", file, "--tail", "2", "-g", `^(?i)\d7$`); r.stdout != "87\n97\n" {
		t.Errorf("a pattern as the journal takes it: %+v", r)
	}
	if r := logs(node0, "--file", "/var/log/pods", "--via-kubelet"); r.code != 255 ||
		!strings.Contains(r.stderr, "/var/log/pods on node "+node0+" is a directory") {
		t.Errorf("a folder by the kubelet: %+v", r)
	}
	if r := logs(node0, "--file", file, "--via-kubelet", "--tail", "2", "-g", "7"); r.stdout != "87\n97\n" {
		t.Errorf("a file by the kubelet: %+v", r)
	}
	if r := logs(node0, "--file", "/var/log/absent"); r.code == 0 || !strings.Contains(r.stderr, "No such file") {
		t.Errorf("no file: %+v", r)
	}
	t.Run("follows a rotated file", func(t *testing.T) {
		isolate(t, l)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := l.command(ctx, "kubectl-aksnode", "logs", "-q", node0, "--file", file, "-f", "--tail", "1", "-g", "0")
		var stdout, stderr synchronized
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		sees := func(want string) {
			t.Helper()
			l.eventually(t, 20*time.Second, func() error {
				if got := stdout.String(); got != want {
					return fmt.Errorf("%q, want %q; %s", got, want, stderr.String())
				}
				return nil
			})
		}
		sees("100\n")
		l.on(t, node0, "sh", "-c", "echo 101 >> "+file)
		sees("100\n101\n")
		l.on(t, node0, "sh", "-c", fmt.Sprintf("mv %[1]s %[1]s.1; echo 102 > %[1]s; echo none >> %[1]s", file))
		sees("100\n101\n102\n")
		_ = cmd.Process.Signal(syscall.SIGINT)
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != 130 {
			t.Errorf("exit code %d: %s", code, stderr.String())
		}
		l.on(t, node0, "rm", "-f", file+".1")
		l.gone(t, 10*time.Second)
		l.processGone(t, node0, "tail -n 1 -F -- "+file, 10*time.Second)
	})
}
