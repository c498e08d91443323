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

	"github.com/akstools/akstools/internal/cli"
)

// maxScript is the maximum length of a script, which is passed to the node as an argument.
const maxScript = 64 << 10

// scriptCommand returns the argv that runs a script with the arguments. The script is read from file, or from stdin if that is "-". The
// interpreter is the one in its #! line, or else sh.
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
		err := fmt.Errorf("--script: %s is longer than %d KiB", file, maxScript>>10)
		return nil, cli.WithHint(err, "copy it to the nodes with 'kubectl aksnode cp' and run it there")
	case bytes.IndexByte(script, 0) >= 0:
		return nil, fmt.Errorf("--script: %s is not a text file", file)
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
	case !strings.HasPrefix(program, "python"): // python -c takes no name for the script
		err := fmt.Errorf("--script: %s is for %s; only shell and Python scripts are supported", file, program)
		return nil, cli.WithHint(err, "copy it to the nodes with 'kubectl aksnode cp' and run it there")
	}
	return append(argv, args...), nil
}

// programOf returns the name of the program that the words of a #! line run, directly or through env.
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
