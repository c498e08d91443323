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

// TestPack runs pack.sh as a node does, with and without zstd, and unpacks its output.
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
	for format, path := range map[string]string{"plain\n": without, "zstd\n": os.Getenv("PATH")} {
		if _, err := exec.LookPath("zstd"); err != nil && format == "zstd\n" {
			t.Log("no zstd on this computer: only plain is tested")
			continue
		}
		cmd := exec.Command("sh", "-c", Script{Text: `all() { cat; return 7; }; pack all`}.text())
		cmd.Env = []string{"PATH=" + path}
		cmd.Stdin = bytes.NewReader(data)
		packed, _ := cmd.Output()
		if code := cmd.ProcessState.ExitCode(); code != 7 || !bytes.HasPrefix(packed, []byte(format)) {
			t.Fatalf("%.20q, exit code %d", packed, code)
		}
		var out bytes.Buffer
		u := newUnpacker(&out)
		_, _ = io.Copy(u, iotest.HalfReader(bytes.NewReader(packed)))
		if err := u.finish(nil); err != nil || !bytes.Equal(out.Bytes(), data) {
			t.Errorf("%s: %d bytes of %d, %v", path, out.Len(), len(data), err)
		}
	}
}

// TestCompresses tests on which files pack.sh decides to use zstd.
func TestCompresses(t *testing.T) {
	if _, err := exec.LookPath("zstd"); err != nil {
		t.Skip("no zstd on this computer")
	}
	text, random := filepath.Join(t.TempDir(), "text"), filepath.Join(t.TempDir(), "random")
	noise := make([]byte, 100_000)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	if err := errors.Join(os.WriteFile(text, bytes.Repeat([]byte("line\n"), 20_000), 0o600), os.WriteFile(random, noise, 0o600)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{text: 0, random: 1} {
		cmd := exec.Command("sh", "-c", Script{Text: `compresses "$0" 10 99990`}.text(), path)
		if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != want || len(out) > 0 {
			t.Errorf("%s: exit code %d: %s", path, cmd.ProcessState.ExitCode(), out)
		}
	}
}

// Data before the point where a stream is cut off is passed on. Errors of the reader and the writer are distinguished from invalid data.
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
	var out bytes.Buffer
	u := newUnpacker(&out)
	if _, err := u.Write(packed.Bytes()[:packed.Len()*3/4]); err != nil {
		t.Fatal(err)
	}
	if err := u.finish(nil); !errors.Is(err, io.ErrUnexpectedEOF) || out.Len() == 0 || !bytes.HasPrefix(data, out.Bytes()) {
		t.Errorf("%d bytes, %v", out.Len(), err)
	}
	for what, in := range map[string]string{
		"no format": "sh: pack: not found\n", "no line": strings.Repeat("x", 1<<20), "no zstd": "zstd\nabcdefghijkl",
		"another checksum": "zstd\n" + string(append(packed.Bytes()[5:packed.Len()-1:packed.Len()-1], packed.Bytes()[packed.Len()-1]^1)),
	} {
		read := strings.NewReader(in)
		err := unpack(io.Discard, read)
		var unreadable *StreamError
		if !errors.As(err, &unreadable) || what == "no line" && read.Len() < len(in)-1<<16 {
			t.Errorf("%s: %v, %d bytes are left", what, err, read.Len())
		}
	}
	full, cut := errors.New("disk full"), errors.New("cut")
	if err := unpack(failing{full}, bytes.NewReader(packed.Bytes())); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	if err := unpack(io.Discard, io.MultiReader(bytes.NewReader(packed.Bytes()[:1000]), iotest.ErrReader(cut))); !errors.Is(err, cut) {
		t.Errorf("%v", err)
	}
}

// failing is a writer that always fails.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func FuzzUnpack(f *testing.F) {
	f.Add([]byte("plain\nabc"))
	f.Add([]byte("zstd\n\x28\xb5\x2f\xfd\x04\x58\x21\x00\x00abcd\x3d\x90\x4b\xb3"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, packed []byte) {
		out := &bounded{left: 16 << 20}
		err := unpack(out, bytes.NewReader(packed))
		if n := 16<<20 - out.left; err == nil && bytes.HasPrefix(packed, []byte("plain\n")) && n != len(packed)-6 {
			t.Errorf("%d bytes of %d were unpacked", n, len(packed)-6)
		}
	})
}

// bounded is a writer that accepts a limited number of bytes.
type bounded struct{ left int }

func (b *bounded) Write(p []byte) (int, error) {
	b.left -= len(p)
	if b.left < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}
