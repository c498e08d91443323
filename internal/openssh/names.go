package openssh

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // known_hosts hashes names with it
	"encoding/base64"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Names are the host names that the computer knows, and those that the user's SSH configuration and known_hosts files contain. A host of
// the same name in our configuration, which ssh reads first, would take their place.
type Names struct {
	computer map[string]string // by name in lower case, the file it is in
	known    []pattern
	hashed   []hashedName
}

// pattern is a host name or a pattern of ssh_config (https://man.openbsd.org/ssh_config#PATTERNS), in lower case, and the file it is in.
type pattern struct{ text, file string }

// hashedName is a name as HashKnownHosts stores it: only whether it is a given one can be found out.
type hashedName struct {
	salt, hash []byte
	file       string
}

// Names reads the user's files, those of the computer, and what they include. Files that cannot be read are left out, as ssh does. The
// file that Write writes for the cluster is not read.
func (c UserConfig) Names(cluster string, computer Computer) *Names {
	n := &Names{computer: computer.names()}
	r := configReader{names: n, dir: c.Dir, seen: map[string]bool{c.File(cluster): true}}
	r.read(c.Main(), 0)
	r.dir = computer.SSHDir
	r.read(filepath.Join(computer.SSHDir, "ssh_config"), 0)
	r.dir = c.Dir
	// also where they are not included yet, or no longer
	for _, file := range matches(filepath.Join(c.clusterDir(), "*.conf")) {
		r.read(file, 0)
	}
	for _, name := range []string{"known_hosts", "known_hosts2"} {
		n.addKnownHosts(filepath.Join(c.Dir, name))
		n.addKnownHosts(filepath.Join(computer.SSHDir, "ssh_"+name))
	}
	return n
}

// Find returns the file that contains the name, or a longer name with a domain, or a pattern for it, or "". The pattern * does not count.
// For localhost and the computer's own name it is the file of hosts, whether or not that has them.
func (n *Names) Find(name string) (file string) {
	name = strings.ToLower(name)
	if file := n.computer[name]; file != "" {
		return file
	}
	for _, p := range n.known {
		if matched, _ := path.Match(p.text, name); matched || p.text == name || strings.HasPrefix(p.text, name+".") {
			return p.file
		}
	}
	for _, h := range n.hashed {
		mac := hmac.New(sha1.New, h.salt)
		_, _ = mac.Write([]byte(name))
		if hmac.Equal(mac.Sum(nil), h.hash) {
			return h.file
		}
	}
	return ""
}

// add adds a host name or a pattern. Negated ones, which only take away from others, are left out.
func (n *Names) add(text, file string) {
	text = strings.ToLower(strings.TrimSpace(text))
	if rest, ok := strings.CutPrefix(text, "["); ok { // [host]:port
		text, _, _ = strings.Cut(rest, "]")
	}
	if strings.Trim(text, "*?") != "" && !strings.HasPrefix(text, "!") {
		n.known = append(n.known, pattern{text, file})
	}
}

// addKnownHosts adds the names of a known_hosts file (https://man.openbsd.org/sshd#SSH_KNOWN_HOSTS_FILE_FORMAT).
func (n *Names) addKnownHosts(file string) {
	b, err := os.ReadFile(file)
	if err != nil {
		return
	}
	for line := range strings.Lines(string(b)) {
		fields := strings.Fields(line)
		if len(fields) > 0 && strings.HasPrefix(fields[0], "@") { // a marker
			fields = fields[1:]
		}
		if len(fields) < 2 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		for name := range strings.SplitSeq(fields[0], ",") {
			if parts := strings.Split(name, "|"); len(parts) == 4 && parts[1] == "1" {
				salt, saltErr := base64.StdEncoding.DecodeString(parts[2])
				hash, hashErr := base64.StdEncoding.DecodeString(parts[3])
				if saltErr == nil && hashErr == nil {
					n.hashed = append(n.hashed, hashedName{salt, hash, file})
				}
				continue
			}
			n.add(name, file)
		}
	}
}

// configReader reads files in the format of ssh_config.
type configReader struct {
	names *Names
	dir   string // relative names of included files are relative to it
	seen  map[string]bool
}

// maxIncludes is how deep ssh follows Include.
const maxIncludes = 16

func (r *configReader) read(file string, depth int) {
	if r.seen[file] || depth > maxIncludes {
		return
	}
	r.seen[file] = true
	b, err := os.ReadFile(file)
	if err != nil {
		return
	}
	for line := range strings.Lines(string(b)) {
		r.line(file, line, depth)
	}
}

func (r *configReader) line(file, line string, depth int) {
	args := words(line)
	if len(args) < 2 {
		return
	}
	keyword, args := strings.ToLower(args[0]), args[1:]
	switch keyword {
	case "include":
		for _, glob := range args {
			for _, included := range matches(r.absolute(glob)) {
				r.read(included, depth+1)
			}
		}
	case "host", "hostname":
		for _, a := range args {
			r.names.add(a, file)
		}
	case "match":
		for i := 0; i+1 < len(args); i++ {
			if criterion := strings.ToLower(args[i]); slices.Contains([]string{"host", "originalhost"}, criterion) {
				for a := range strings.SplitSeq(args[i+1], ",") {
					r.names.add(a, file)
				}
			}
		}
	case "proxyjump": // [user@]host[:port], or a URI
		for jump := range strings.SplitSeq(args[0], ",") {
			jump = strings.TrimPrefix(jump, "ssh://")
			jump = jump[strings.LastIndex(jump, "@")+1:]
			if !strings.HasPrefix(jump, "[") {
				jump, _, _ = strings.Cut(jump, ":")
			}
			r.names.add(jump, file)
		}
	case "userknownhostsfile", "globalknownhostsfile":
		for _, a := range args {
			r.names.addKnownHosts(r.absolute(a))
		}
	}
}

// absolute returns the path of a file that the configuration names.
func (r *configReader) absolute(name string) string {
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return name
		}
		return filepath.Join(home, rest)
	}
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(r.dir, name)
}

// matches returns the files that match the glob.
func matches(glob string) []string {
	files, _ := filepath.Glob(glob)
	return files
}

// words returns the keyword and the arguments of a line of ssh_config.
func words(line string) (all []string) {
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, "#") {
		return nil
	}
	var word strings.Builder
	var quote rune
	started := false
	end := func() {
		if started {
			all = append(all, word.String())
		}
		word.Reset()
		started = false
	}
	for _, c := range line {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, started = c, true
		case quote == 0 && (c == ' ' || c == '\t' || c == '\r' || c == '=' && len(all) == 0 && started):
			end()
		case quote == 0 && c == '=' && len(all) == 1 && !started: // Key = value
		default:
			started = true
			word.WriteRune(c)
		}
	}
	end()
	return all
}
