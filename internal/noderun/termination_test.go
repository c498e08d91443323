package noderun

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
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
	return fmt.Sprintf("akstools1 %d %d %d %d %d %x %d\n%s", code, len(stdout), stdoutAll, len(stderr), stderrAll,
		sha256.Sum256([]byte(stdout+stderr)), len(packed), packed)
}

func TestParseTermination(t *testing.T) {
	out, err := parseTermination(pack(3, "out\n", "err\n", 4, 4))
	if err != nil || string(out.Stdout) != "out\n" || string(out.Stderr) != "err\n" || out.ExitCode != 3 || out.Truncated {
		t.Errorf("got %+v, %v", out, err)
	}
	if out, err = parseTermination(pack(0, "beginning", "", 5000, 0)); err != nil || !out.Truncated {
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
		"exit code":       strings.Replace(good, "akstools1 0 ", "akstools1 256 ", 1),
	} {
		if out, err := parseTermination(message); err == nil {
			t.Errorf("%s: accepted as %+v", name, out)
		}
	}
}

func TestUnpackIsBounded(t *testing.T) {
	if _, err := parseTermination(pack(0, strings.Repeat("\x00", maxUnpacked+1), "", maxUnpacked+1, 0)); err == nil {
		t.Error("a message of more than a megabyte was unpacked")
	}
}

func FuzzParseTermination(f *testing.F) {
	f.Add(pack(0, "out", "err", 3, 3))
	f.Add("akstools1 0 0 0 0 0 x 0\n")
	f.Fuzz(func(t *testing.T, message string) {
		out, err := parseTermination(message)
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
