package capture

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/akstools/akstools/internal/capture/filter"
)

// built has what `make recorder` builds: the program in recorder for each architecture, compressed. Without it there is a text only.
//
//go:embed recorder/built
var built embed.FS

// recorder is what captures at a place.
type recorder struct {
	packed  string // the program, compressed by gzip; empty: tcpdump of the place
	sum     string // the SHA-256 of the program
	program string // the filter, as the program takes it
}

// machines are the architectures of which there is a recorder, by what uname -m prints.
var machines = map[string]string{"x86_64": "amd64", "aarch64": "arm64"}

// recorderFor returns the recorder for machines of that kind, with the filter.
func recorderFor(machine, expression string) (*recorder, error) {
	arch, known := machines[machine]
	if !known {
		return nil, fmt.Errorf("there is no recorder for machines of the kind %.20q", machine)
	}
	packed, err := built.ReadFile("recorder/built/" + arch + ".gz")
	if err != nil {
		return nil, errors.New("this program was built without the recorder for " + arch + ": run make recorder before make build")
	}
	program, err := filter.Compile(expression)
	if err != nil {
		return nil, fmt.Errorf("without it filters take only %s: %w", filter.Known, err)
	}
	in, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, in); err != nil { //nolint:gosec // it is our own
		return nil, err
	}
	r := &recorder{packed: string(packed), sum: hex.EncodeToString(sum.Sum(nil))}
	var digits strings.Builder
	for _, i := range program {
		fmt.Fprintf(&digits, "%04x%02x%02x%08x", i.Op, i.Jt, i.Jf, i.K)
	}
	r.program = digits.String()
	return r, nil
}
