package cli

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"time"
)

// openerPatience is how long Open waits for the system's opener to fail. One that shows a browser itself runs until that is closed.
const openerPatience = 2 * time.Second

// opener returns the program that opens a file as the desktop of the system, a value of runtime.GOOS, does; it takes the path as well.
// https://www.freedesktop.org/wiki/Software/xdg-utils/
func opener(system string) []string {
	switch system {
	case "darwin":
		return []string{"open"}
	case "windows":
		return []string{"rundll32", "url.dll,FileProtocolHandler"}
	}
	return []string{"xdg-open"}
}

// Open opens the file, whose path must be absolute, with the program that the user's system has for it. It gets none of our streams,
// and may go on running.
func Open(path string) error {
	argv := append(opener(runtime.GOOS), path)
	cmd := exec.Command(argv[0], argv[1:]...)
	if err := cmd.Start(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return fmt.Errorf("there is no %s on PATH", argv[0])
		}
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("%s failed: %w", argv[0], err)
		}
	case <-time.After(openerPatience):
	}
	return nil
}
