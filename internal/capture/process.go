package capture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/akstools/akstools/internal/podprocess"
)

// digits is a process ID.
var digits = regexp.MustCompile(`^[0-9]{1,10}$`)

// Process returns the ID of a process in the network namespace of the pod with that UID, on the node where run runs commands.
func Process(ctx context.Context, run Run, uid string) (string, error) {
	var out bytes.Buffer
	argv := []string{"/usr/bin/bash", "-c", podprocess.Script + `process_of "$1"`, "process", uid}
	code, err := run(ctx, argv, strings.NewReader(""), &out, io.Discard)
	if err != nil {
		return "", err
	}
	id := strings.TrimSpace(out.String())
	switch {
	case code != 0:
		return "", fmt.Errorf("looking for the pod's processes: exit code %d", code)
	case id == "":
		return "", errors.New("no process of the pod was found on its node")
	case !digits.MatchString(id):
		return "", fmt.Errorf("looking for the pod's processes: %.40q is no process ID", id)
	}
	return id, nil
}
