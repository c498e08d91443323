package lie

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
)

//go:embed node.txt
var nodeReport string

// termination returns a termination message of a container that runs the command, as far as its form goes.
func termination(command string, rnd *rand.Rand) string {
	switch {
	case rnd.IntN(8) == 0:
		return Word(rnd)
	case strings.Contains(command, "@@ now"): // the report on a node
		return packed(0, report(rnd), "")
	case strings.Contains(command, "@@ end"): // a script in a test pod
		return Word(rnd) + "\n@@ end\n"
	case strings.Contains(command, "akstools2"):
		return packed(rnd.IntN(3), output(rnd), output(rnd))
	}
	var b strings.Builder
	for i := range 20 {
		fmt.Fprintf(&b, "%d C %s\n", i, []string{"HTTP/1.1 200 OK@", "HTTP/1.1 500 " + Word(rnd), "", "SSH-2.0-" + Word(rnd)}[rnd.IntN(4)])
	}
	return b.String() + "end\n"
}

// report returns the report on a node with hostile words in some lines.
func report(rnd *rand.Rand) string {
	lines := strings.SplitAfter(nodeReport, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "@@") || rnd.IntN(12) > 0 {
			continue
		}
		switch words := strings.Fields(line); {
		case len(words) > 0 && rnd.IntN(2) == 0:
			words[rnd.IntN(len(words))] = Word(rnd)
			lines[i] = " " + strings.Join(words, " ") + "\n"
		default:
			lines[i] = " " + Word(rnd) + "\n"
		}
	}
	return strings.Join(lines, "")
}

// output is what a program printed.
func output(rnd *rand.Rand) string { return RemoteStart + Word(rnd) + RemoteEnd + "\n" }

// packed is an output in the form in which a node pod reports it.
func packed(code int, stdout, stderr string) string {
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write([]byte(stdout + stderr))
	_ = w.Close()
	text := base64.StdEncoding.EncodeToString(zipped.Bytes())
	return fmt.Sprintf("akstools2 %d %d %d %d %d %x %d 7\n%s", code, len(stdout), len(stdout), len(stderr), len(stderr),
		sha256.Sum256([]byte(stdout+stderr)), len(text), text)
}
