package openssh

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// UserConfig is the user's SSH configuration. It includes the files of a directory next to it, one for each cluster.
type UserConfig struct {
	Dir string // ~/.ssh
}

// Our lines in the user's file are between these. They are at the top of the file: after a Host line, Include would apply to that host.
const (
	begin = "# BEGIN akstools: written by kubectl aksnode ssh-config"
	end   = "# END akstools"
)

func (c UserConfig) clusterDir() string { return filepath.Join(c.Dir, "akstools") }

// File returns the path of the cluster's file.
func (c UserConfig) File(cluster string) string {
	return filepath.Join(c.clusterDir(), cluster+".conf")
}

// Main returns the path of the user's own file.
func (c UserConfig) Main() string { return filepath.Join(c.Dir, "config") }

// Also returns the files of other clusters that contain one of the hosts. ssh uses the first file that contains a host.
func (c UserConfig) Also(cluster string, hosts []string) (files []string) {
	all, _ := filepath.Glob(filepath.Join(c.clusterDir(), "*.conf"))
	for _, path := range all {
		b, err := os.ReadFile(path)
		if err != nil || path == c.File(cluster) {
			continue
		}
		for line := range strings.Lines(string(b)) {
			if name, found := strings.CutPrefix(strings.TrimSpace(line), "Host "); found && slices.Contains(hosts, name) {
				files = append(files, path)
				break
			}
		}
	}
	return files
}

// Write writes text to the cluster's file, and makes the user's file include it unless it does already.
func (c UserConfig) Write(cluster, text string) error {
	if err := os.MkdirAll(c.clusterDir(), 0o700); err != nil {
		return err
	}
	if err := replace(c.File(cluster), text); err != nil {
		return err
	}
	return c.edit(fmt.Sprintf("%s\nInclude %s\n%s\n", begin, word(filepath.Join(c.clusterDir(), "*.conf")), end))
}

// Remove removes the cluster's file, and with the last such file our lines in the user's file. It reports whether the file existed.
func (c UserConfig) Remove(cluster string) (existed bool, err error) {
	err = os.Remove(c.File(cluster))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	existed = err == nil
	if left, err := filepath.Glob(filepath.Join(c.clusterDir(), "*.conf")); err != nil || len(left) > 0 {
		return existed, err
	}
	if err := os.Remove(c.clusterDir()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return existed, err
	}
	return existed, c.edit("")
}

// edit replaces our lines in the user's file with block, or inserts it at the top. It changes nothing else.
func (c UserConfig) edit(block string) error {
	path := c.Main()
	if to, err := filepath.EvalSymlinks(path); err == nil {
		path = to // keep the link
	}
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	rest, err := without(string(b))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	text := block + rest
	if text == string(b) || text == "" && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return replace(path, text)
}

// without returns the text without our lines.
func without(text string) (string, error) {
	before, rest, found := cutLine(text, begin)
	if !found {
		return text, nil
	}
	_, after, found := cutLine(rest, end)
	if !found {
		return "", fmt.Errorf("the line %q is not followed by %q: correct it by hand", begin, end)
	}
	return before + after, nil
}

// cutLine returns the text before and after the first occurrence of the line.
func cutLine(text, line string) (before, after string, found bool) {
	at := 0
	for l := range strings.Lines(text) {
		if strings.TrimRight(l, "\r\n") == line {
			return text[:at], text[at+len(l):], true
		}
		at += len(l)
	}
	return text, "", false
}

// replace writes the file atomically and keeps its mode.
func replace(path, text string) error {
	mode := fs.FileMode(0o600)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	next := path + ".akstools-next"
	if err := os.WriteFile(next, []byte(text), mode); err != nil {
		return err
	}
	return os.Rename(next, path)
}
