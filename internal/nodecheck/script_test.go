package nodecheck

import (
	"os"
	"os/exec"
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

// Nothing of a proxy's credentials is in the result of a request, whatever form the proxy's URL has.
func TestProxyPassword(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("no curl on this computer")
	}
	for _, url := range []string{
		"http://user:s3#cret@127.0.0.1:9", "http://user:s3 cret@127.0.0.1:9", "http://user:s3/cret@127.0.0.1:9", "user:s3#cret@127.0.0.1:9",
		"ftp://user:s3cret@127.0.0.1:9", "http://user:s3?cret@127.0.0.1:9", "http://user:12s3#cret@127.0.0.1:9",
		"http://us er:s3@cret@127.0.0.1:9",
		`"http://user:s3%zzcret@127.0.0.1:9"`, `http://user:s3\cret@127.0.0.1:9`, "http://s3#cret:x@127.0.0.1:9",
	} {
		const line = `proxies; answer=$(get https://192.0.2.1/ --connect-timeout 1 --max-time 1); hide "$answer" "$https_proxy"`
		out := call(t, line, "PATH=/bin\nHTTPS_PROXY="+url+"\nno_proxy=localhost\n")
		if strings.Contains(out, "s3") || strings.Contains(out, "cret") {
			t.Errorf("%s: %s", url, out)
		}
		if fields := strings.Fields(out); len(fields) < 4 || fields[0] == "0" || fields[1] != "000" {
			t.Errorf("%s: %q is not a result", url, out)
		}
	}
	const result = "56 000 0.003 0.000000 CONNECT tunnel failed, response 403"
	for _, url := range []string{"", "http://proxy:3128", "http://0:0@proxy"} {
		want := result
		if strings.Contains(url, "@") {
			want = "56 000 0.003 0.000000 CONNECT tunnel failed, response 4...3" // the numbers before the text stay
		}
		if got := strings.TrimSpace(call(t, `hide "$1" "$2"`, "", result, url)); got != want {
			t.Errorf("%s: %q", url, got)
		}
	}
}

func TestLogWithoutSecrets(t *testing.T) {
	for in, want := range map[string]string{
		`E1 x.go:1] "dial" proxy="http://user:pa/ss@w0rd@proxy:3128" err="EOF"`: `E1 x.go:1] "dial" proxy="http://...@proxy:3128" err="EOF"`,
		`E1 Authorization: Bearer abc.def, next`:                                `E1 Authorization: ... ..., next`,
		`{"level":"error","token": "abc def","n":1}`:                            `{"level":"error","token": ...,"n":1}`,
		`{\"password\":\"hunter2\"}`:                                            `{\"password\":...`,
		`error: db_password=hunter2; retry`:                                     `error: db_password=...; retry`,
		`"cannot connect once" err="tls: certificate required"`:                 `"cannot connect once" err="tls: certificate required"`,
	} {
		if got := strings.TrimSuffix(call(t, "secretless", in), "\n"); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

// What is printed of a request through the proxy and of an agent's log has passed through hide and secretless.
func TestOutputWithoutSecrets(t *testing.T) {
	const url = "http://user:hunter2@proxy:3128"
	for name, c := range map[string]struct{ line, says string }{
		"request": {
			`https_proxy=$1; have() { [ "$1" = curl ]; }; proxies() { :; }
get() { echo "5 000 0 0 Unsupported proxy syntax in '$https_proxy'"; }; egress mcr.microsoft.com`,
			"get 5 000 0 0 Unsupported proxy syntax",
		},
		"log": {
			`url=$1; have() { false; }; cat() { echo " E1128 x.go:1] error: dial $url"; }; agent 1-2 konnectivity-agent-x 8093`,
			"log  E1128 x.go:1] error: dial",
		},
		"long log": {
			`zeros=$(printf %0666d 0) url=$1; have() { false; }; cat() { echo " E1128 error: $zeros $url"; }; agent 1-2 konnectivity-agent-x 8093`,
			"log  E1128 error: 0",
		},
	} {
		out := call(t, c.line, "", url)
		if strings.Contains(out, "hunter2") || !strings.Contains(out, c.says) {
			t.Errorf("%s: %q", name, out)
		}
	}
}

// A connection that is refused and one without a route are told apart, which curl's own message does not.
func TestReachSaysWhy(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can make a network namespace")
	}
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("no curl on this computer")
	}
	functions, _, _ := strings.Cut(script, "\nfor argument in")
	cmd := exec.Command("unshare", "-n", "bash", "-c", functions+"\nip link set lo up && ip route add unreachable 10.9.9.9 && "+
		"for a in 127.0.0.1 10.9.9.9; do echo \"@@ reach $a\"; reach $a | sed 's/^/ /'; done; echo '@@ end'")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Skipf("no network namespace: %v: %s", err, out)
	}
	r, err := Parse(string(out))
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]Outcome{"127.0.0.1": Refused, "10.9.9.9": Unreachable} {
		if got := r.Reach[address].Outcomes; len(got) != 2 || got[0] != want || got[1] != want {
			t.Errorf("%s: %v, not %s: %s", address, got, want, out)
		}
	}
}
