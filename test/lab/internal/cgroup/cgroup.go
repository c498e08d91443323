// Package cgroup puts the lab's processes into cgroups of their own, on hosts with cgroup version 1, hybrid or version
// 2. The cgroup identifies them: a process of the lab is a process in a cgroup below /akstools-lab, whatever happened
// to the program that started it.
package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

const root = "/sys/fs/cgroup"

// Unified reports whether the host has only the version 2 hierarchy.
func Unified() bool {
	_, err := os.Stat(filepath.Join(root, "cgroup.controllers"))
	return err == nil
}

// Hierarchies returns the mount points of the host's hierarchies: one on version 2, one per controller on version 1.
func Hierarchies() ([]string, error) {
	if Unified() {
		return []string{root}, nil
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, err
	}
	var hs []string
	for _, e := range entries {
		// symlinks such as cpu -> cpu,cpuacct list a hierarchy twice
		if e.IsDir() {
			hs = append(hs, filepath.Join(root, e.Name()))
		}
	}
	return hs, nil
}

// Create creates the cgroup /akstools-lab/<machine> in every hierarchy.
func Create(machine string) error {
	hs, err := Hierarchies()
	if err != nil {
		return err
	}
	for _, h := range hs {
		if Unified() {
			if err := delegate(h, filepath.Join(h, layout.Name)); err != nil {
				return err
			}
		}
		dir := h
		for _, part := range []string{layout.Name, machine} {
			parent := dir
			dir = filepath.Join(dir, part)
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			if err := inheritCPUSet(parent, dir); err != nil {
				return err
			}
		}
	}
	return nil
}

// delegate enables the controllers of a version 2 hierarchy for the lab's cgroup and its children.
func delegate(hierarchy, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	controllers, err := os.ReadFile(filepath.Join(hierarchy, "cgroup.controllers"))
	if err != nil {
		return err
	}
	for _, d := range []string{hierarchy, dir} {
		for _, c := range strings.Fields(string(controllers)) {
			// the lab works without controllers that the host does not delegate
			_ = os.WriteFile(filepath.Join(d, "cgroup.subtree_control"), []byte("+"+c), 0o644)
		}
	}
	return nil
}

// inheritCPUSet sets what a version 1 cpuset needs before a process can join it.
func inheritCPUSet(parent, dir string) error {
	if filepath.Base(filepath.Dir(filepath.Dir(dir))) != "cpuset" && filepath.Base(filepath.Dir(dir)) != "cpuset" {
		return nil
	}
	for _, f := range []string{"cpuset.cpus", "cpuset.mems"} {
		b, err := os.ReadFile(filepath.Join(parent, f))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, f), b, 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "cgroup.clone_children"), []byte("1"), 0o644)
}

// Join moves the calling process, and thus its future children, into the machine's cgroup.
func Join(machine string) error {
	hs, err := Hierarchies()
	if err != nil {
		return err
	}
	for _, h := range hs {
		dir := filepath.Join(h, layout.Name, machine)
		if Unified() {
			// once systemd runs in the node, its root cgroup must not have processes
			if leaf := filepath.Join(dir, "init.scope"); isDir(leaf) {
				dir = leaf
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(os.Getpid())), 0o644); err != nil {
			return fmt.Errorf("entering cgroup %s: %w", dir, err)
		}
	}
	return nil
}

// Processes returns the PIDs of all processes of the lab, on every machine.
func Processes() ([]int, error) {
	hs, err := Hierarchies()
	if err != nil {
		return nil, err
	}
	seen := map[int]bool{}
	var pids []int
	for _, h := range hs {
		err := filepath.WalkDir(filepath.Join(h, layout.Name), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return ignoreGone(err)
			}
			b, err := os.ReadFile(filepath.Join(path, "cgroup.procs"))
			if err != nil {
				return ignoreGone(err)
			}
			for _, f := range strings.Fields(string(b)) {
				if pid, err := strconv.Atoi(f); err == nil && pid > 0 && !seen[pid] {
					seen[pid] = true
					pids = append(pids, pid)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return pids, nil
}

func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENODEV) {
		return nil
	}
	return err
}

// KillAll kills every process of the lab and returns when none is left.
func KillAll() error {
	for deadline := time.Now().Add(20 * time.Second); ; {
		pids, err := Processes()
		if err != nil || len(pids) == 0 {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d processes of the lab do not exit: %v", len(pids), pids)
		}
		for _, pid := range pids {
			if pid != os.Getpid() {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// RemoveAll removes the lab's empty cgroups.
func RemoveAll() error {
	hs, err := Hierarchies()
	if err != nil {
		return err
	}
	for _, h := range hs {
		var dirs []string
		err := filepath.WalkDir(filepath.Join(h, layout.Name), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				dirs = append(dirs, path)
			}
			return ignoreGone(err)
		})
		if err != nil {
			return err
		}
		for i := len(dirs) - 1; i >= 0; i-- { // children first
			if err := removeDir(dirs[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// removeDir retries while the kernel is still tearing down the last process.
func removeDir(dir string) error {
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		err := syscall.Rmdir(dir)
		if err == nil || errors.Is(err, syscall.ENOENT) {
			return nil
		}
		if !errors.Is(err, syscall.EBUSY) || time.Now().After(deadline) {
			return fmt.Errorf("removing cgroup %s: %w", dir, err)
		}
	}
}

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}
