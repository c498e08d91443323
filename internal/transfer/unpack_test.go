package transfer

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"
)

// TestPack runs what a node runs, with and without zstd, and reads it.
func TestPack(t *testing.T) {
	without := t.TempDir()
	for _, program := range []string{"sh", "cat"} {
		path, err := exec.LookPath(program)
		if err == nil {
			err = os.Symlink(path, filepath.Join(without, program))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	data := bytes.Repeat([]byte("a line of a log\n"), 50_000)
	for what, path := range map[string]string{"plain\n": without, "": os.Getenv("PATH")} {
		cmd := exec.Command("sh", "-c", Script{Text: "pack"}.text())
		cmd.Env = []string{"PATH=" + path}
		cmd.Stdin = bytes.NewReader(data)
		packed, err := cmd.Output()
		if err != nil || !bytes.HasPrefix(packed, []byte(what)) {
			t.Fatalf("%.20q, %v", packed, err)
		}
		var out bytes.Buffer
		u := newUnpacker(&out)
		_, _ = io.Copy(u, iotest.HalfReader(bytes.NewReader(packed)))
		if err := u.finish(nil); err != nil || !bytes.Equal(out.Bytes(), data) {
			t.Errorf("%s: %d bytes of %d, %v", path, out.Len(), len(data), err)
		}
		t.Logf("%d bytes for %d", len(packed), len(data))
	}
}

// TestUnpackCut holds that what came before a cut is given, and that a cut is an error whoever tells of it.
func TestUnpackCut(t *testing.T) {
	data := make([]byte, 1<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(data)
	var packed bytes.Buffer
	packed.WriteString("zstd\n")
	w, err := zstd.NewWriter(&packed)
	if err == nil {
		_, err = w.Write(data)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	for _, why := range []error{nil, broken} {
		var out bytes.Buffer
		u := newUnpacker(&out)
		if _, err := u.Write(packed.Bytes()[:packed.Len()*3/4]); err != nil {
			t.Fatal(err)
		}
		err := u.finish(why)
		if err == nil || why != nil && !errors.Is(err, why) || out.Len() == 0 || !bytes.HasPrefix(data, out.Bytes()) {
			t.Errorf("%v: %d bytes, %v", why, out.Len(), err)
		}
	}
	u := newUnpacker(io.Discard)
	_, _ = io.WriteString(u, "sh: pack: not found\n")
	if err := u.finish(nil); err == nil || !strings.Contains(err.Error(), "where the format was to be named") {
		t.Errorf("%v", err)
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add([]byte("plain\nabc"))
	f.Add([]byte("zstd\n\x28\xb5\x2f\xfd\x04\x58\x21\x00\x00abcd\x3d\x90\x4b\xb3"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, packed []byte) {
		err := unpack(&bounded{left: 16 << 20}, bytes.NewReader(packed))
		if err == nil && !bytes.HasPrefix(packed, []byte("plain\n")) && !bytes.HasPrefix(packed, []byte("zstd\n")) {
			t.Errorf("%.40q is taken", packed)
		}
	})
}

// bounded takes so much and no more.
type bounded struct{ left int }

func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}
