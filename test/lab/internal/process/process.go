// Package process starts, finds, signals and kills the lab's processes on machines other than nodes.
package process

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

// record is written by Spawn, so that the process can be found and Restart can repeat it.
type record struct {
	PID     int
	Started string // with the PID, this identifies the process
	Machine string
	Argv    []string
}

func recordFile(name string) string { return layout.In("run", name+".json") }

// Spawn starts a process on one of the lab's machines, detached from the caller, with its own log. files become its
// descriptors from 3 on. Its PID in the host's namespace is in run/<name>.pid.
func Spawn(machine, name string, files []*os.File, argv ...string) error {
	log, err := os.OpenFile(layout.In("logs", name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := Command(context.Background(), machine, argv...)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = log, log, files
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", name, err)
	}
	started, _ := startTime(cmd.Process.Pid)
	b, err := json.Marshal(record{PID: cmd.Process.Pid, Started: started, Machine: machine, Argv: argv})
	if err != nil {
		return err
	}
	if err := os.WriteFile(recordFile(name), b, 0o644); err != nil {
		return err
	}
	return os.WriteFile(layout.In("run", name+".pid"), []byte(strconv.Itoa(cmd.Process.Pid)), 0o644)
}

func read(name string) (r record, err error) {
	b, err := os.ReadFile(recordFile(name))
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(b, &r)
}

// Running reports whether the process is running. A stopped process is; a zombie is not.
func Running(name string) bool {
	r, err := read(name)
	return err == nil && r.running()
}

func (r record) running() bool {
	started, ok := startTime(r.PID)
	return ok && started == r.Started
}

// startTime returns when the process started, in the kernel's unit; ok is false if it has exited.
func startTime(pid int) (at string, ok bool) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", false
	}
	_, after, _ := strings.Cut(string(stat), ") ") // after the program's name
	fields := strings.Fields(after)
	if len(fields) < 20 || fields[0] == "Z" {
		return "", false
	}
	return fields[19], true
}

// Restart starts the process again as it was spawned, unless it is running. It only works for processes without
// inherited files.
func Restart(name string) error {
	r, err := read(name)
	if err != nil || r.running() {
		return err
	}
	return Spawn(r.Machine, name, nil, r.Argv...)
}

// Signal sends a signal to the process.
func Signal(name string, s syscall.Signal) error {
	r, err := read(name)
	if err != nil {
		return err
	}
	return syscall.Kill(r.PID, s)
}

// End kills the process and returns when it is gone. It does nothing if it is not running.
func End(ctx context.Context, name string) error {
	r, err := read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for r.running() {
		if err := syscall.Kill(r.PID, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not exit: %w", name, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// Command returns a command on one of the lab's machines, including nodes.
func Command(ctx context.Context, machine string, argv ...string) *exec.Cmd {
	return exec.CommandContext(ctx, layout.Self(), append([]string{"exec", machine, "--"}, argv...)...)
}

// Run runs a command on a machine; its output is in the error.
func Run(ctx context.Context, machine string, argv ...string) error {
	_, err := Output(ctx, machine, argv...)
	return err
}

// Output is Run, and returns what the command wrote to stdout.
func Output(ctx context.Context, machine string, argv ...string) (string, error) {
	cmd := Command(ctx, machine, argv...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %s: %w: %s", machine, strings.Join(argv, " "), err, strings.TrimSpace(string(out)+stderr.String()))
	}
	return string(out), nil
}
