package lie

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// program returns what a program on a node prints, and its exit code: for a user's command any output, for a script of ours one in the
// form that it expects.
func program(command string, rnd *rand.Rand) (stdout, stderr string, code int) {
	switch {
	case rnd.IntN(10) == 0:
	case strings.Contains(command, "TCP-LISTEN"):
		return "", "", 96 // there is no socat, so that all goes through exec
	case strings.Contains(command, "echo directory 0 0 0"):
		kinds := []string{"directory 0 0 0", "file 26 1700000000 644", "file 26 -1 7777", "file 99999999999999 0 0", "none 0 0 0"}
		return kinds[max(0, rnd.IntN(2*len(kinds))-len(kinds))] + "\n", "", 0
	case strings.Contains(command, `tar -C "$A1" -cf`):
		packed := archived(rnd)
		return "plain\n" + packed, fmt.Sprintf("%x  -\ntar %d\n", sha256.Sum256([]byte(packed)), min(rnd.IntN(6), 1)), 0
	case strings.Contains(command, "skip_bytes,count_bytes"):
		return "plain\nabcdefghijklmnopqrstuvwxyz", "", 0
	case strings.Contains(command, "exec 3<"):
		return fmt.Sprintf("%x  -\n", sha256.Sum256([]byte("abcdefghijklmnopqrstuvwxyz"))), "", 0
	case strings.Contains(command, "ssh_host_"):
		key := "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPCLtzbE3rdnEiPHtrm6yc0BnzFZ8n8D8bm3fHkMWDk "
		return key + Word(rnd) + "\n" + Word(rnd) + "\n", "", 0
	}
	return output(rnd), output(rnd), []int{0, 0, 0, 3, 255}[rnd.IntN(5)]
}

// archived returns a tar stream with entries that would leave the directory, replace others or take space.
func archived(rnd *rand.Rand) string {
	entries := []tar.Header{
		{Name: "./", Typeflag: tar.TypeDir, Mode: 0o777},
		{Name: "d/", Typeflag: tar.TypeDir, Mode: 0},
		{Name: "d/x", Typeflag: tar.TypeSymlink, Linkname: ".."},
		{Name: "y", Typeflag: tar.TypeSymlink, Linkname: "d/x/.."},
		{Name: "y/" + Escaped, Typeflag: tar.TypeReg},
		{Name: "../" + Escaped, Typeflag: tar.TypeReg},
		{Name: "../../../" + Escaped, Typeflag: tar.TypeDir},
		{Name: "/tmp/" + Escaped, Typeflag: tar.TypeReg},
		{Name: "up", Typeflag: tar.TypeSymlink, Linkname: "../../.."},
		{Name: "up/" + Escaped, Typeflag: tar.TypeReg},
		{Name: "etc", Typeflag: tar.TypeSymlink, Linkname: "/etc"},
		{Name: "etc/" + Escaped, Typeflag: tar.TypeReg},
		{Name: "hard", Typeflag: tar.TypeLink, Linkname: "../../home/.ssh/id_rsa"},
		{Name: "passwd", Typeflag: tar.TypeLink, Linkname: "/etc/passwd"},
		{Name: "device", Typeflag: tar.TypeBlock, Devmajor: 8},
		{Name: "fifo", Typeflag: tar.TypeFifo},
		{Name: "setuid", Typeflag: tar.TypeReg, Mode: 0o6777},
		{Name: "old", Typeflag: tar.TypeReg, ModTime: time.Unix(-1<<40, 0)},
		{Name: "A", Typeflag: tar.TypeReg},
		{Name: "a", Typeflag: tar.TypeReg},
		{Name: "a/b", Typeflag: tar.TypeReg},
		{Name: "d", Typeflag: tar.TypeReg},
	}
	for range 6 {
		entries = append(entries, tar.Header{Name: Word(rnd), Typeflag: []byte("0125")[rnd.IntN(4)], Linkname: Word(rnd), Mode: 0o644})
	}
	rnd.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range entries[:rnd.IntN(len(entries))] {
		content := ""
		if h.Typeflag == tar.TypeReg {
			content = Word(rnd)
			h.Size = int64(len(content))
		}
		h.Format = tar.FormatGNU
		if w.WriteHeader(&h) == nil {
			_, _ = w.Write([]byte(content))
		}
	}
	if rnd.IntN(5) > 0 {
		_ = w.Close()
	}
	return b.String()
}
