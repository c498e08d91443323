package aksnode

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// maxScript bounds a script: it goes to the node as an argument.
const maxScript = 64 << 10

// scriptCommand is the argv that runs the script, which a file or stdin (-) holds, with arguments: by the program that its
// first line names, or sh.
func scriptCommand(file string, stdin io.Reader, args []string) ([]string, error) {
	from := stdin
	if file != "-" {
		f, err := os.Open(file)
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
		return nil, fmt.Errorf("--script: %s is longer than %d KiB: copy it to the nodes by 'kubectl aksnode cp'", file, maxScript>>10)
	case bytes.IndexByte(script, 0) >= 0:
		return nil, fmt.Errorf("--script: %s is no text", file)
	case len(bytes.TrimSpace(script)) == 0:
		return nil, fmt.Errorf("--script: %s is empty", file)
	}
	interpreter := []string{"/bin/sh"}
	if line, ok := strings.CutPrefix(firstLine(script), "#!"); ok {
		if words := strings.Fields(line); len(words) > 0 {
			interpreter = words
		}
	}
	argv := append(interpreter, "-c", string(script))
	switch program := programOf(interpreter); {
	case slices.Contains([]string{"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "busybox"}, program):
		argv = append(argv, filepath.Base(file))
	case !strings.HasPrefix(program, "python"): // whose -c takes no name
		return nil, fmt.Errorf("--script: %s is for %s, and only scripts of a shell or python can be given so: copy it to the nodes by 'kubectl aksnode cp' and run it there", file, program)
	}
	return append(argv, args...), nil
}

// programOf is the name of the program that the words of a #! line run, also by env.
func programOf(words []string) string {
	program := path.Base(words[0])
	if program != "env" {
		return program
	}
	for _, w := range words[1:] {
		if !strings.HasPrefix(w, "-") && !strings.Contains(w, "=") {
			return path.Base(w)
		}
	}
	return program
}

func firstLine(b []byte) string {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return strings.TrimRight(string(line), "\r")
}
