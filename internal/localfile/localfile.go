// Package localfile creates files on this computer at paths that users give. Such a path may be in a directory in which others can
// create files too, such as /tmp: no link is followed, no file of others is written to, and nobody else can read what is written.
package localfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// File is a file that appears at its path only once it is complete. Until then it has another, random name in the same directory. Its
// mode is 0600.
type File struct {
	*os.File
	path string
	done bool
}

// Create returns a new File for the path. It is an error if something other than a regular file exists there, including a symbolic
// link. The caller must call Close, also after Commit.
func Create(path string) (*File, error) {
	if err := checkReplaceable(path); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		var of *fs.PathError
		if errors.As(err, &of) {
			of.Path = path
		}
		return nil, err
	}
	return &File{File: f, path: path}, nil
}

// Temporary returns a new File in the temporary directory, whose name is the pattern with a random string in place of its last *, as in
// os.CreateTemp. It stays there once it is committed. The caller must call Close, also after Commit.
func Temporary(pattern string) (*File, error) {
	f, err := os.CreateTemp("", pattern)
	if err != nil {
		return nil, err
	}
	path, err := filepath.Abs(f.Name())
	if err != nil {
		_ = f.Close()
		_ = os.Remove(f.Name())
		return nil, err
	}
	return &File{File: f, path: path}, nil
}

// Path returns the path at which the file appears.
func (f *File) Path() string { return f.path }

// checkReplaceable returns an error if something exists at path that is not a regular file.
func checkReplaceable(path string) error {
	if path == "" || os.IsPathSeparator(path[len(path)-1]) {
		return fmt.Errorf("%s is not the path of a file", path)
	}
	info, err := os.Lstat(path)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	case err == nil && info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%s is a symbolic link, which is not followed", path)
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file", path)
	}
	return nil
}

// Commit closes the file and moves it to its path. A regular file there is replaced.
func (f *File) Commit() error {
	if err := f.File.Close(); err != nil {
		return err
	}
	if err := checkReplaceable(f.path); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), f.path); err != nil { // a temporary file has its name already
		return err
	}
	f.done = true
	return nil
}

// Close closes the file, and removes it unless it was committed.
func (f *File) Close() error {
	if f.done {
		return nil
	}
	f.done = true
	_ = f.File.Close() // Commit may have closed it
	return os.Remove(f.Name())
}

// Write creates a file with that content at the path, as Create does.
func Write(path string, content []byte) error {
	f, err := Create(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if _, err := f.Write(content); err != nil {
		return err
	}
	return f.Commit()
}

// OpenPart opens the file at path for reading and writing, to complete what an earlier run has left there, or creates it with mode 0600.
// It is an error if the path is not that of a regular file of this user, with no other name.
func OpenPart(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if !errors.Is(err, fs.ErrExist) {
		return f, err
	}
	before, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() { // opening it would follow a link, or wait for the other end of a pipe
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	if f, err = os.OpenFile(path, os.O_RDWR, 0); err != nil {
		return nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case !os.SameFile(before, info):
		err = fmt.Errorf("%s was replaced while it was opened", path)
	case !isOwn(info):
		err = fmt.Errorf("%s belongs to another user or has another name too", path)
	default:
		err = f.Chmod(0o600)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
