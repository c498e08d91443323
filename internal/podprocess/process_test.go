package podprocess

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Only a process below the kubelet's own cgroup is one of the pod: users can choose the names of cgroups below their own.
func TestProcessOfPod(t *testing.T) {
	const uid = "6b4e60e7-d1a5-4e76-9c2c-3e36766b32ce"
	under := strings.ReplaceAll(uid, "-", "_")
	for cgroup, want := range map[string]bool{
		"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + under + ".slice/cri-containerd-1bcf.scope": true,
		"0::/kubepods.slice/kubepods-pod" + under + ".slice/cri-containerd-1bcf.scope":                                    true,
		"9:name=systemd:/kubepods/burstable/pod" + uid + "/1bcf":                                                          true,
		"1:cpu:/kubepods/pod" + uid + "/1bcf":                                                                             true,
		"0::/../../kubepods/burstable/pod" + uid + "/1bcf":                                                                true,
		"0::/user.slice/user-1000.slice/user@1000.service/kubepods/pod" + uid + "/x":                                      false,
		"0::/user.slice/user-1000.slice/user@1000.service/x.slice/kubepods-pod" + under + ".slice/x":                      false,
		"0::/user.slice/user-1000.slice/user@1000.service/:/kubepods/pod" + uid + "/x":                                    false,
		"0::/kubepods/pod" + uid + "0/x":                                                                                  false,
		"0::/kubepods/burstable/pod00000000-0000-0000-0000-000000000000/1bcf":                                             false,
	} {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, "proc", "77"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "proc", "77", "cgroup"), []byte("12:x:/\n"+cgroup+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		const line = `cd "$2"; grep() { command grep "$1" "$2" proc/[0-9]*/cgroup; }; process_of "$1"`
		pid, err := exec.Command("bash", "-c", Script+line, "script", uid, dir).Output()
		if err != nil || string(pid) != map[bool]string{true: "77"}[want] {
			t.Errorf("%s: process %q: %v", cgroup, pid, err)
		}
	}
}
