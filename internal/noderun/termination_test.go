package noderun

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// pack makes the message that termination.sh makes.
func pack(code int, stdout, stderr string, stdoutAll, stderrAll int) string {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write([]byte(stdout + stderr))
	_ = w.Close()
	packed := base64.StdEncoding.EncodeToString(zipped.Bytes())
	return fmt.Sprintf("akstools2 %d %d %d %d %d %x %d 7\n%s", code, len(stdout), stdoutAll, len(stderr), stderrAll,
		sha256.Sum256([]byte(stdout+stderr)), len(packed), packed)
}

func TestParsePacked(t *testing.T) {
	out, err := parsePacked(pack(3, "out\n", "err\n", 4, 4))
	if err != nil || string(out.Stdout) != "out\n" || string(out.Stderr) != "err\n" || out.ExitCode != 3 || out.Truncated {
		t.Errorf("got %+v, %v", out, err)
	}
	if out, err = parsePacked(pack(0, "beginning", "", 5000, 0)); err != nil || !out.Truncated {
		t.Errorf("got %+v, %v", out, err)
	}
	good := pack(0, strings.Repeat("line of output\n", 100), "", 1500, 0)
	for name, message := range map[string]string{
		"empty":           "",
		"not ours":        "panic: something\n",
		"cut":             good[:len(good)-10],
		"longer":          good + "x",
		"only a header":   strings.SplitAfter(good, "\n")[0],
		"no line break":   strings.ReplaceAll(good, "\n", " "),
		"not base64":      good[:len(good)-4] + "!!!!",
		"another sum":     strings.Replace(good, " 0 1500 1500 0 0 ", " 0 1500 1500 0 0 0", 1),
		"wrong length":    strings.Replace(good, " 1500 1500 ", " 1400 1500 ", 1),
		"negative number": strings.Replace(good, " 1500 1500 ", " -1 1500 ", 1),
		"overflow":        strings.Replace(good, " 1500 1500 ", " 99999999999999999999 1500 ", 1),
		"exit code":       strings.Replace(good, "akstools2 0 ", "akstools2 256 ", 1),
	} {
		if out, err := parsePacked(message); err == nil {
			t.Errorf("%s: accepted as %+v", name, out)
		}
	}
}

// TestTerminationScript runs the script on this computer: it packs the beginning or the end of what a command wrote.
func TestTerminationScript(t *testing.T) {
	if _, err := os.Stat("/usr/bin/bash"); err != nil {
		t.Skip("no bash on this computer")
	}
	numbers := func(n int) string {
		var b strings.Builder
		for i := 1; i <= n; i++ {
			fmt.Fprintf(&b, "%d\n", i)
		}
		return b.String()
	}
	const many = 1_500_000 // more than two segments
	for name, c := range map[string]struct {
		argv       []string
		out, errOf string // all of it
		code       int
	}{
		"short":            {[]string{"sh", "-c", "echo out; echo err >&2; exit 3"}, "out\n", "err\n", 3},
		"nothing":          {[]string{"true"}, "", "", 0},
		"long":             {[]string{"seq", "1", "100000"}, numbers(100000), "", 0},
		"very long":        {[]string{"seq", "1", strconv.Itoa(many)}, numbers(many), "", 0},
		"stderr, long":     {[]string{"sh", "-c", "echo out; seq 1 50000 >&2"}, "out\n", numbers(50000), 0},
		"one segment":      {[]string{"head", "-c", "1048576", "/dev/zero"}, strings.Repeat("\x00", 1048576), "", 0},
		"small writes":     {[]string{"bash", "-c", "for i in {1..5000}; do echo $i; done"}, numbers(5000), "", 0},
		"leaves a process": {[]string{"sh", "-c", "echo out; sleep 4 &"}, "out\n", "", 0},
	} {
		for _, keep := range []string{"head", "tail"} {
			t.Run(name+" "+keep, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				script := strings.NewReplacer("/run/akstools", dir, "/dev/termination-log", dir+"/log").Replace(packScript + terminationScript)
				cmd := exec.Command("/usr/bin/bash", append([]string{"-c", script, "termination", "run", "20", "3", keep}, c.argv...)...)
				if text, err := cmd.CombinedOutput(); err != nil || len(text) > 0 {
					t.Fatalf("%v: %s", err, text)
				}
				var message []byte
				for _, part := range []string{"part1", "part2", "part3"} {
					b, err := os.ReadFile(filepath.Join(dir, part))
					if err != nil {
						t.Fatal(err)
					}
					message = append(message, b...)
				}
				out, err := parsePacked(string(message))
				if err != nil {
					t.Fatal(err)
				}
				fits := func(got []byte, all string) bool {
					if keep == "head" {
						return strings.HasPrefix(all, string(got))
					}
					return strings.HasSuffix(all, string(got))
				}
				if !fits(out.Stdout, c.out) || !fits(out.Stderr, c.errOf) || out.ExitCode != c.code ||
					out.StdoutBytes != int64(len(c.out)) || out.StderrBytes != int64(len(c.errOf)) ||
					out.Truncated != (len(out.Stdout)+len(out.Stderr) < len(c.out)+len(c.errOf)) {
					t.Errorf("%d of %d bytes, %d of %d, code %d, truncated %v", len(out.Stdout), out.StdoutBytes,
						len(out.Stderr), out.StderrBytes, out.ExitCode, out.Truncated)
				}
				if kept := len(out.Stdout) + len(out.Stderr); kept < min(9000, len(c.out)+len(c.errOf)) {
					t.Errorf("only %d bytes are kept", kept)
				}
			})
		}
	}
}

func TestUnpackIsBounded(t *testing.T) {
	if _, err := parsePacked(pack(0, strings.Repeat("\x00", maxUnpacked+1), "", maxUnpacked+1, 0)); err == nil {
		t.Error("a message of more than a megabyte was unpacked")
	}
}

func FuzzParseTermination(f *testing.F) {
	f.Add(pack(0, "out", "err", 3, 3))
	f.Add("akstools2 0 0 0 0 0 x 0\n")
	f.Fuzz(func(t *testing.T, message string) {
		out, err := parsePacked(message)
		if err == nil && (len(out.Stdout)+len(out.Stderr) > maxUnpacked || out.ExitCode < 0 || out.ExitCode > 255) {
			t.Errorf("%q gave %+v", message, out)
		}
	})
}

func FuzzParseEnding(f *testing.F) {
	f.Add("0 1 1234")
	f.Fuzz(func(t *testing.T, text string) {
		if e, err := parseEnding(text); err == nil && (e.code < 0 || e.code > 255) {
			t.Errorf("%q gave %+v", text, e)
		}
	})
}
