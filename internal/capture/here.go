package capture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
)

// Here returns what runs commands on this computer, or why packets cannot be captured on it.
func Here() (Run, error) {
	if runtime.GOOS != "linux" {
		return nil, fmt.Errorf("capturing on this computer needs Linux, and this is %s", runtime.GOOS)
	}
	if _, err := exec.LookPath("tcpdump"); err != nil {
		return nil, errors.New("this computer has no tcpdump")
	}
	return func(ctx context.Context, argv []string, in io.Reader, out, errOut io.Writer) (int, error) {
		c := exec.CommandContext(ctx, argv[0], argv[1:]...)
		stdin, err := c.StdinPipe() // Wait does not wait for what is copied to it
		if err != nil {
			return 0, err
		}
		go func() {
			_, _ = io.Copy(stdin, in)
			_ = stdin.Close()
		}()
		c.Stdout, c.Stderr = out, errOut
		err = c.Run()
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			return exit.ExitCode(), nil
		}
		return 0, err
	}, nil
}
