package image

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

var libraryPath = regexp.MustCompile(`/\S+`)

// AddProgram adds a program of the host, by name or path, at target, with the shared libraries that it loads.
func (r Root) AddProgram(program, target string) error {
	p, err := exec.LookPath(program)
	if err != nil {
		return err
	}
	if p, err = filepath.EvalSymlinks(p); err != nil {
		return err
	}
	r[target] = Entry{From: p}
	r.addNeeded(p)
	return nil
}

// addNeeded adds the shared libraries that a program or library of the host loads.
func (r Root) addNeeded(path string) {
	out, err := exec.Command("ldd", path).Output()
	if err != nil {
		return // a static program loads none
	}
	for _, lib := range libraryPath.FindAllString(string(out), -1) {
		r.addLibrary(lib)
	}
}

// AddLibraries adds all files that match the patterns at the same paths, with the libraries that they load.
func (r Root) AddLibraries(patterns ...string) error {
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil {
			return err
		}
		if len(files) == 0 {
			return fmt.Errorf("this machine has no %s", pattern)
		}
		for _, f := range files {
			r.addLibrary(f)
			r.addNeeded(f)
		}
	}
	return nil
}

// addLibrary keeps the path that the loader uses; /lib and /lib64 are links into /usr.
func (r Root) addLibrary(path string) {
	for _, top := range []string{"/lib/", "/lib64/"} {
		if strings.HasPrefix(path, top) {
			path = "/usr" + path
		}
	}
	r[path] = Entry{From: path}
}

// MergedUsr adds the links at the top of a Debian root file system, and the directories and tables that programs
// expect.
func (r Root) MergedUsr() {
	for _, dir := range []string{"bin", "sbin", "lib", "lib64"} {
		r["/"+dir] = Entry{Link: "usr/" + dir}
	}
	r["/etc/passwd"] = Entry{Text: "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n"}
	r["/etc/group"] = Entry{Text: "root:x:0:\nnobody:x:65534:\n"}
	r["/etc/nsswitch.conf"] = Entry{Text: "hosts: files dns\n"}
	r["/tmp/.keep"] = Entry{Text: "\n"}
}

// libDir returns Debian's directory of the host's libraries.
func libDir() string {
	dirs, _ := filepath.Glob("/usr/lib/*-linux-gnu")
	for _, d := range dirs {
		if _, err := os.Stat(filepath.Join(d, "libc.so.6")); err == nil {
			return d
		}
	}
	return "/usr/lib"
}
