package noderun

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// maxUnpacked bounds what a message may unpack to: twice the maximum that the script packs.
const maxUnpacked = 1 << 20

// parsePacked parses what pack.sh makes. It is not trusted, as it comes from a node: what is truncated, corrupt or too large is an error.
func parsePacked(message string) (Output, error) {
	header, packed, ok := strings.Cut(message, "\n")
	if message == "" {
		return Output{}, errors.New("there is none")
	}
	fields := strings.Fields(header)
	if !ok || len(fields) != 9 || fields[0] != "akstools2" {
		return Output{}, fmt.Errorf("it has an unexpected header: %.80q", header)
	}
	var numbers [7]int64
	for i, f := range []string{fields[1], fields[2], fields[3], fields[4], fields[5], fields[7], fields[8]} {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil || n < 0 {
			return Output{}, fmt.Errorf("it is corrupt: %q is not a number", f)
		}
		numbers[i] = n
	}
	code, out, outAll, errOut, errAll, length := numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]
	took := time.Duration(numbers[6]) * time.Millisecond
	if code > 255 {
		return Output{}, fmt.Errorf("it is corrupt: %d is not an exit code", code)
	}
	if int64(len(packed)) != length {
		return Output{}, fmt.Errorf("it is truncated: %d of %d bytes", len(packed), length)
	}
	raw, err := unpack(packed)
	if err != nil {
		return Output{}, fmt.Errorf("it is corrupt: %w", err)
	}
	size := int64(len(raw))
	if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != fields[6] || out > size || errOut != size-out {
		return Output{}, errors.New("it is corrupt: the checksum or lengths do not match")
	}
	return Output{
		Stdout: raw[:out], Stderr: raw[out:], ExitCode: int(code), StdoutBytes: outAll, StderrBytes: errAll,
		Truncated: out < outAll || errOut < errAll, Took: took,
	}, nil
}

func unpack(packed string) ([]byte, error) {
	zipped, err := base64.StdEncoding.DecodeString(packed)
	if err != nil {
		return nil, err
	}
	r, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxUnpacked+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxUnpacked {
		return nil, fmt.Errorf("it unpacks to more than %d bytes", maxUnpacked)
	}
	return raw, nil
}
