package openssh

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var (
	// hostName has nothing that makes a pattern, a list, a quotation or a comment of a Host line.
	hostName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	hostUID  = regexp.MustCompile(`^[A-Za-z0-9-]*$`)
	keyword  = regexp.MustCompile(`^[A-Za-z0-9]+$`)
)

// sections are the keywords that begin another section.
var sections = []string{"host", "match"}

// check reports what of the host has no form in ssh_config.
func (h Host) check() error {
	switch {
	case !hostName.MatchString(h.Node):
		return fmt.Errorf("%.300q cannot be a host of OpenSSH", h.Node)
	case !hostUID.MatchString(h.UID):
		return fmt.Errorf("node %s cannot be a host of OpenSSH: its UID is %.300q", h.Node, h.UID)
	}
	for _, path := range []string{h.Identity, h.KnownHosts} {
		if strings.Contains(path, "${") {
			return fmt.Errorf("ssh would replace the variable in the path %q, which cannot be escaped", path)
		}
	}
	return nil
}

// check reports what of the option has no form in ssh_config, where each line is an option and nothing escapes its end.
func (o Option) check() error {
	switch {
	case !keyword.MatchString(o.Key) || slices.Contains(sections, strings.ToLower(o.Key)):
		return fmt.Errorf("%.300q is not an option of a host", o.Key)
	case strings.ContainsFunc(o.Value, unicode.IsControl):
		return fmt.Errorf("%s has a control character: %.300q", o.Key, o.Value)
	case !balanced(o.Value):
		return fmt.Errorf("%s has a quotation that ssh reads as open: %.300q", o.Key, o.Value)
	}
	return nil
}

// balanced reports whether each quotation of the line ends. ssh 8.7 and later rejects the whole file where one does not, also
// in ProxyCommand, of which it takes the text as it is. Unlike a shell it reads \\' in single quotes as a quote.
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
