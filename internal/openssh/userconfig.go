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

// UserConfig is the user's ssh_config and a folder beside it, one file a cluster, which it includes.
type UserConfig struct {
	Dir string // ~/.ssh
}

// Marks of the lines of ours in the user's file. They stand at its top: an Include after a Host line would be that host's.
const (
	begin = "# BEGIN akstools: written by kubectl aksnode ssh-config"
	end   = "# END akstools"
)

func (c UserConfig) folder() string { return filepath.Join(c.Dir, "akstools") }

// File is the path of the cluster's file.
func (c UserConfig) File(cluster string) string { return filepath.Join(c.folder(), cluster+".conf") }

// Main is the path of the user's own file.
func (c UserConfig) Main() string { return filepath.Join(c.Dir, "config") }

// Also returns which other cluster's files name one of the hosts too: ssh takes the values of the first file that has it.
func (c UserConfig) Also(cluster string, hosts []string) (files []string) {
	all, _ := filepath.Glob(filepath.Join(c.folder(), "*.conf"))
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

// Write makes text the cluster's file, and has the user's file include it. A second time it changes nothing but the text.
func (c UserConfig) Write(cluster, text string) error {
	if err := os.MkdirAll(c.folder(), 0o700); err != nil {
		return err
	}
	if err := replace(c.File(cluster), text); err != nil {
		return err
	}
	return c.edit(fmt.Sprintf("%s\nInclude %s\n%s\n", begin, word(filepath.Join(c.folder(), "*.conf")), end))
}

// Remove takes the cluster's file away, and with the last one our lines in the user's file. had says whether there was one.
func (c UserConfig) Remove(cluster string) (had bool, err error) {
	err = os.Remove(c.File(cluster))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	had = err == nil
	if left, err := filepath.Glob(filepath.Join(c.folder(), "*.conf")); err != nil || len(left) > 0 {
		return had, err
	}
	if err := os.Remove(c.folder()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return had, err
	}
	return had, c.edit("")
}

// edit puts block in the place of our lines, or at the top, and leaves all else as it is.
func (c UserConfig) edit(block string) error {
	path := c.Main()
	if to, err := filepath.EvalSymlinks(path); err == nil {
		path = to // the link stays one
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
		return "", fmt.Errorf("the line %q has no %q after it: mend it by hand", begin, end)
	}
	return before + after, nil
}

// cutLine cuts text before and after the line.
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

// replace writes the file at once, with the mode that it had.
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
