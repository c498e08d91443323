package openssh

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var (
	// hostName allows nothing that would make a Host line a pattern, a list, a quotation or a comment.
	hostName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	hostUID  = regexp.MustCompile(`^[A-Za-z0-9-]*$`)
	keyword  = regexp.MustCompile(`^[A-Za-z0-9]+$`)
)

// sections are the keywords that begin a new section.
var sections = []string{"host", "match"}

// check returns an error if the host cannot be expressed in ssh_config.
func (h Host) check() error {
	switch {
	case !hostName.MatchString(h.Node):
		return fmt.Errorf("node name %.300q cannot be used as a host in ssh_config", h.Node)
	case h.Name != "" && !hostName.MatchString(h.Name):
		return fmt.Errorf("%.300q cannot be used as a host in ssh_config", h.Name)
	case !hostUID.MatchString(h.UID):
		return fmt.Errorf("node %s has a UID that cannot be used in ssh_config: %.300q", h.Node, h.UID)
	}
	for _, path := range []string{h.Identity, h.KnownHosts} {
		if strings.Contains(path, "${") {
			return fmt.Errorf("path %q contains ${, which ssh would replace and which cannot be escaped", path)
		}
	}
	return nil
}

// check returns an error if the option cannot be expressed in ssh_config, where each option is a line and newlines cannot be escaped.
func (o Option) check() error {
	switch {
	case !keyword.MatchString(o.Key) || slices.Contains(sections, strings.ToLower(o.Key)):
		return fmt.Errorf("%.300q is not a keyword for a host", o.Key)
	case strings.ContainsFunc(o.Value, unicode.IsControl):
		return fmt.Errorf("%s contains a control character: %.300q", o.Key, o.Value)
	case !balanced(o.Value):
		return fmt.Errorf("%s contains an unterminated quote: %.300q", o.Key, o.Value)
	}
	return nil
}

// balanced reports whether all quotes in the line are terminated. Otherwise ssh 8.7 and later rejects the whole file, even if the line is
// a ProxyCommand, whose text is not unquoted. Unlike a shell, ssh accepts \' within single quotes as an escaped quote.
func balanced(line string) bool {
	var quote byte
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '\\' && i+1 < len(line) && strings.IndexByte(`\'"`, line[i+1]) >= 0:
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		}
	}
	return quote == 0
}
