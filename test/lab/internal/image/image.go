// Package image builds the container images of the lab's nodes without a registry or a builder: files of the host in
// one layer, as a docker-archive that `ctr images import` reads.
package image

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Image is an image to build.
type Image struct {
	Ref        string // its name on the nodes
	Root       Root
	Entrypoint []string
	Cmd        []string // the default command of a container; arguments replace it
}

// Write writes the image to file as a docker-archive.
func (i Image) Write(file string) error {
	ref, err := name.NewTag(i.Ref)
	if err != nil {
		return err
	}
	layerBytes, err := i.Root.tar()
	if err != nil {
		return fmt.Errorf("image %s: %w", i.Ref, err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(layerBytes)), nil })
	if err != nil {
		return err
	}
	img, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", "amd64"
	config.Config = v1.Config{
		Entrypoint: i.Entrypoint, Cmd: i.Cmd, WorkingDir: "/",
		Env: []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
	}
	if img, err = mutate.ConfigFile(img, config); err != nil {
		return err
	}
	return tarball.WriteToFile(file, ref, img)
}

// Root is an image's file system: the entry at each absolute path.
type Root map[string]Entry

// Entry is a file copied from the host, a link, or a text. Exactly one is set.
type Entry struct{ From, Link, Text string }

// tar writes the root and its directories, sorted and without times or owners, so that the result is reproducible.
func (r Root) tar() ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	made := map[string]bool{"/": true}
	paths := make([]string, 0, len(r))
	for p := range r {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	for _, p := range paths {
		if err := makeParents(w, path.Dir(p), made); err != nil {
			return nil, err
		}
		if err := r[p].write(w, strings.TrimPrefix(p, "/")); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), w.Close()
}

func makeParents(w *tar.Writer, dir string, made map[string]bool) error {
	if made[dir] {
		return nil
	}
	if err := makeParents(w, path.Dir(dir), made); err != nil {
		return err
	}
	made[dir] = true
	mode := int64(0o755)
	if dir == "/tmp" {
		mode = 0o1777
	}
	return w.WriteHeader(&tar.Header{Name: strings.TrimPrefix(dir, "/") + "/", Typeflag: tar.TypeDir, Mode: mode})
}

func (e Entry) write(w *tar.Writer, name string) error {
	if e.Link != "" {
		return w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: e.Link, Mode: 0o777})
	}
	content, mode := []byte(e.Text), int64(0o644)
	if e.From != "" {
		b, err := os.ReadFile(e.From)
		if err != nil {
			return err
		}
		content, mode = b, 0o755
	}
	if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: mode, Size: int64(len(content))}); err != nil {
		return err
	}
	_, err := w.Write(content)
	return err
}
