package nodecheck

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// call runs a line of shell with the functions of the script.
func call(t *testing.T, line, stdin string, args ...string) string {
	t.Helper()
	functions, _, ok := strings.Cut(script, "\nfor argument in")
	if !ok {
		t.Fatal("the script has no main part")
	}
	cmd := exec.Command("bash", append([]string{"-c", functions + "\n" + line, "script"}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return string(out)
}

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
		path := filepath.Join(t.TempDir(), "cgroup")
		if err := os.WriteFile(path, []byte("12:x:/\n"+cgroup+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		got := call(t, `grep -lsE "$(ofpod "$1")" "$2" || :`, "", uid, path) != ""
		if got != want {
			t.Errorf("%s: %v", cgroup, got)
		}
	}
}
