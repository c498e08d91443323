package aksnode

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/akstools/akstools/internal/cli"
)

// The .rdp file is for its user only, replaces a file, and is not written through a link that others have created.
func TestWriteRDP(t *testing.T) {
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim")
	if err := os.WriteFile(victim, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link.rdp")
	if err := os.Symlink(victim, link); err != nil {
		t.Fatal(err)
	}
	streams, _, _, _ := genericiooptions.NewTestIOStreams()
	o := &forwardOptions{app: &cli.App{Streams: streams}, rdp: link}
	r := route{node: &corev1.Node{}}
	if err := o.writeRDP(r, "127.0.0.1:1"); err == nil {
		t.Error("written through a link")
	}
	if b, err := os.ReadFile(victim); err != nil || string(b) != "precious" {
		t.Errorf("%q, %v", b, err)
	}
	o.rdp = victim
	if err := o.writeRDP(r, "127.0.0.1:1"); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(victim)
	info, statErr := os.Stat(victim)
	if err != nil || statErr != nil || !strings.HasPrefix(string(b), "full address:s:127.0.0.1:1\r\n") || info.Mode() != 0o600 {
		t.Errorf("%q, %v, %v", b, err, statErr)
	}
}
