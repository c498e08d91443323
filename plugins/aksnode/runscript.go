package aksnode

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// maxScript bounds a script: it goes to the node as an argument.
const maxScript = 64 << 10

// scriptCommand is the argv that runs the script, which a file or stdin (-) holds, with arguments: by the program that its
// first line names, or sh.
func scriptCommand(path string, stdin io.Reader, args []string) ([]string, error) {
	from := stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("--script: %w", err)
		}
		defer f.Close()
		from = f
	}
	script, err := io.ReadAll(io.LimitReader(from, maxScript+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("--script: %w", err)
	case len(script) > maxScript:
		return nil, fmt.Errorf("--script: %s is longer than %d KiB: copy it to the nodes by 'kubectl aksnode cp'", path, maxScript>>10)
	case bytes.IndexByte(script, 0) >= 0:
		return nil, fmt.Errorf("--script: %s is no text", path)
	case len(bytes.TrimSpace(script)) == 0:
		return nil, fmt.Errorf("--script: %s is empty", path)
	}
	interpreter := []string{"/bin/sh"}
	if line, ok := strings.CutPrefix(firstLine(script), "#!"); ok {
		if words := strings.Fields(line); len(words) > 0 {
			interpreter = words
		}
	}
	argv := append(interpreter, "-c", string(script))
	if !strings.HasPrefix(filepath.Base(interpreter[len(interpreter)-1]), "python") { // whose -c takes no name
		argv = append(argv, filepath.Base(path))
	}
	return append(argv, args...), nil
}

func firstLine(b []byte) string {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return strings.TrimRight(string(line), "\r")
}
