package azure

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/azure/id"
)

const runAction = "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/runCommand/action"

// TestRunCommand runs scripts for real, on this computer in the place of a machine.
func TestRunCommand(t *testing.T) {
	m := start(t)
	c := m.client()
	_, err := azure.RunCommand(t.Context(), c, machine, "echo no")
	if reasonOf(err) != azure.NoPermission || !strings.Contains(err.Error(), runAction) ||
		!strings.Contains(err.Error(), "(the role Virtual Machine Contributor has it)") {
		t.Errorf("with the role Reader: %v", err)
	}
	m.assign("Virtual Machine Contributor", groupID+nodeGroup)
	for name, test := range map[string]struct{ script, want string }{
		"lines":            {"echo one\necho two; echo three >&2", "one\ntwo\n"},
		"its environment":  {`echo "$HOME, $PATH"`, ", /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"},
		"no output":        {"true", ""},
		"a failing script": {"echo it fails; exit 3", "it fails\n"},
		"a tag in it":      {"echo '[stderr]'", "[stderr]\n"},
	} {
		got, err := azure.RunCommand(t.Context(), c, machine, test.script)
		if err != nil || got != test.want {
			t.Errorf("%s: %q, %v, want %q", name, got, err, test.want)
		}
	}
	long, err := azure.RunCommand(t.Context(), c, machine, "seq 1 10000")
	if err != nil || len(long) != azure.MaxRunOutput || !strings.HasSuffix(long, "\n10000\n") {
		t.Errorf("%d bytes of a long output, %v", len(long), err)
	}
	stopped := machine
	stopped.ID = "0"
	_, err = azure.RunCommand(t.Context(), c, stopped, "true")
	if reasonOf(err) != azure.Refused || !strings.Contains(err.Error(), "not running") {
		t.Errorf("a machine that is stopped: %v", err)
	}
	absent := id.Instance{Subscription: subscription, ResourceGroup: nodeGroup, ScaleSet: scaleSet, ID: "7"}
	if _, err := azure.RunCommand(t.Context(), c, absent, "true"); reasonOf(err) != azure.NotFound {
		t.Errorf("a machine that does not exist: %v", err)
	}
	posts := 0
	for _, r := range m.requests() {
		switch {
		case strings.HasPrefix(r, "POST ") && strings.Contains(r, "/runCommand"):
			posts++
		case !strings.HasPrefix(r, "GET "):
			t.Error(r)
		}
	}
	if want := 9; posts != want {
		t.Errorf("%d scripts were sent, want %d", posts, want)
	}
}

// TestRunCommandsOneByOne holds that a machine that runs a script refuses another, and that this is said.
func TestRunCommandsOneByOne(t *testing.T) {
	m := start(t)
	m.assign("Virtual Machine Contributor", groupID+nodeGroup)
	c := m.client()
	pipe := filepath.Join(t.TempDir(), "go")
	first := make(chan error, 1)
	go func() {
		_, err := azure.RunCommand(t.Context(), c, machine, "mkfifo "+pipe+"; cat "+pipe)
		first <- err
	}()
	for range 200 {
		if _, err := os.Stat(pipe); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	_, err := azure.RunCommand(t.Context(), c, machine, "true")
	if reasonOf(err) != azure.Busy {
		t.Errorf("while another runs: %v", err)
	}
	if err := os.WriteFile(pipe, []byte("end\n"), 0o600); err != nil { // which a reader waits for
		t.Fatal(err)
	}
	if err := <-first; err != nil {
		t.Error(err)
	}
}
