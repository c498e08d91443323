package arm

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/process"
)

// AgentCommand is the hidden subcommand that is the extension's agent.
const AgentCommand = "extension-agent"

// StartAgent starts what the extension agents of a cluster do: they ask Azure for connections to write to the cluster, and report what
// became of it. program writes one: its arguments are the connection, the namespace and those of Helm, and it leaves its result in the
// status of the ExtensionConfig. From now on, Azure waits for the agent.
func StartAgent(ctx context.Context, program string) error {
	if _, err := exec.LookPath(program); err != nil {
		return err
	}
	program, err := filepath.Abs(program)
	if err != nil {
		return err
	}
	if _, err := Do(ctx, http.MethodPut, "/agent", true); err != nil {
		return err
	}
	if process.Running(AgentCommand) {
		return nil
	}
	return process.Spawn(layout.ControlPlane, AgentCommand, nil, "env", "KUBECONFIG="+layout.In("azure", "cloud-provider.kubeconfig"),
		layout.Self(), AgentCommand, program)
}

// StopAgent ends it, with what it runs. Azure no longer waits for one.
func StopAgent(ctx context.Context) error {
	if process.Running(AgentCommand) {
		if err := process.Signal(AgentCommand, syscall.SIGTERM); err != nil {
			return err
		}
		for limit := time.Now().Add(5 * time.Second); process.Running(AgentCommand) && time.Now().Before(limit); {
			pause(ctx, 50*time.Millisecond)
		}
	}
	if err := process.End(ctx, AgentCommand); err != nil {
		return err
	}
	_, err := Do(ctx, http.MethodPut, "/agent", false)
	return err
}

// work is what Azure asks the agent for, and outcome what became of it; see test/lab/arm/internal/server.
type work struct {
	Number     int       `json:"number"`
	Connection string    `json:"connection"`
	Namespace  string    `json:"namespace"`
	ClientID   string    `json:"clientId"`
	Keys       []string  `json:"keys"`
	Until      time.Time `json:"until"`
}

type outcome struct {
	Number  int    `json:"number"`
	Failure string `json:"failure,omitempty"`
}

// ServeAgent is the agent, until ctx is done.
func ServeAgent(ctx context.Context, program string) error {
	dir := filepath.Dir(program) // with helm
	if err := os.Setenv("PATH", dir+":"+os.Getenv("PATH")); err != nil {
		return err
	}
	for ctx.Err() == nil {
		b, err := Do(ctx, http.MethodPost, "/agent/work", nil)
		if err != nil || len(b) == 0 {
			pause(ctx, 200*time.Millisecond)
			continue
		}
		var w work
		if err := json.Unmarshal(b, &w); err != nil {
			return err
		}
		if err := w.do(ctx, program); err != nil {
			fmt.Fprintln(os.Stderr, "error:", err) // in the log; Azure is told nothing
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// do writes the connection to the cluster, once the Deployments of the agents have ready pods, and reports the outcome.
func (w work) do(ctx context.Context, program string) error {
	ctx, cancel := context.WithDeadline(ctx, w.Until)
	defer cancel()
	for {
		ready, err := kubectl(ctx, "get", "deployments", "extension-agent", "extension-operator", "-n", "kube-system", "-o",
			"jsonpath={.items[*].status.readyReplicas}")
		if err != nil {
			return err
		}
		if len(strings.Fields(ready)) == 2 {
			break
		}
		if pause(ctx, time.Second); ctx.Err() != nil {
			return ctx.Err()
		}
	}
	args := []string{w.Connection, w.Namespace, "--set", "keys={" + strings.Join(w.Keys, ",") + "}"}
	if w.ClientID != "" {
		args = append(args, "--set", "clientId="+w.ClientID)
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // helm with it
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", program, err, out)
	}
	status, err := kubectl(ctx, "get", "extensionconfig", "sc-extension", "-n", "kube-system", "-o",
		"jsonpath={.status.status}{'\\n'}{.status.message}")
	if err != nil {
		return err
	}
	o := outcome{Number: w.Number}
	if result, message, _ := strings.Cut(status, "\n"); strings.HasPrefix(result, "Failed") {
		o.Failure = strings.TrimSpace(message)
	}
	_, err = Do(ctx, http.MethodPut, "/agent/work", o)
	return err
}

func kubectl(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "kubectl", args...).Output()
	if err != nil {
		return "", fmt.Errorf("kubectl %s: %w", strings.Join(args, " "), err)
	}
	return string(out), nil
}
