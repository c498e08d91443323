// Package machine runs commands on the machines of the lab, as the agent of a virtual machine does for Azure.
package machine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/akstools/akstools/test/lab/arm/internal/server"
)

// RunCommands is the action runCommand of virtual machines.
type RunCommands struct {
	// Enter is the command that runs another one on the machine of an instance, by the instance's ID.
	Enter map[string][]string

	mu      sync.Mutex
	running map[string]bool
}

// maxRun is how long Azure lets a script run.
const maxRun = 90 * time.Minute

// settle is for how long a machine refuses another command after one has ended: Azure has to notice
// (https://github.com/Azure/azure-cli/issues/19137).
const settle = 500 * time.Millisecond

// kept is how many of the last bytes of each stream are returned
// (https://learn.microsoft.com/azure/virtual-machines/linux/run-command#restrictions).
const kept = 4096

// Action implements server.Action: a machine runs one script at a time.
func (r *RunCommands) Action(ctx context.Context, id string, body []byte) (func() (any, error), error) {
	var in struct {
		CommandID string   `json:"commandId"`
		Script    []string `json:"script"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.CommandID != "RunShellScript" || len(in.Script) == 0 {
		return nil, &server.Refusal{Status: http.StatusBadRequest, Code: "InvalidParameter", Text: "The command or its script is invalid."}
	}
	instance := id[strings.LastIndexByte(id, '/')+1:]
	enter, ok := r.Enter[instance]
	if !ok {
		return nil, &server.Refusal{
			Status: http.StatusConflict, Code: "OperationNotAllowed", Text: "Cannot modify extensions in the VM when the VM is not running.",
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running[instance] {
		return nil, &server.Refusal{
			Status: http.StatusConflict, Code: "Conflict",
			Text: "Run command extension execution is in progress. Please wait for completion before invoking a run command.",
		}
	}
	if r.running == nil {
		r.running = map[string]bool{}
	}
	r.running[instance] = true
	return func() (any, error) {
		defer func() {
			time.Sleep(settle)
			r.mu.Lock()
			defer r.mu.Unlock()
			delete(r.running, instance)
		}()
		return run(ctx, enter, strings.Join(in.Script, "\n"))
	}, nil
}

// run runs the script with the environment that the agent gives it: HOME is not set.
func run(ctx context.Context, enter []string, script string) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, maxRun)
	defer cancel()
	argv := append(append([]string{}, enter...), "env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "sh")
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(script+"\n"), &stdout, &stderr
	cmd.WaitDelay = 5 * time.Second // of a process that a script has left and that holds its output
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		return nil, err
	}
	return map[string]any{"value": []any{map[string]any{
		"code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Provisioning succeeded",
		"message": fmt.Sprintf("Enable succeeded: \n[stdout]\n%s\n[stderr]\n%s", end(stdout.Bytes()), end(stderr.Bytes())),
	}}}, nil
}

func end(b []byte) []byte { return b[max(0, len(b)-kept):] }
