package aksnode

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

// logSource selects a log and lines of it.
type logSource struct {
	units        []string
	kernel       bool
	file         string
	since, until string
	follow       bool
	grep         string
	tail         int
}

func (s *logSource) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringArrayVarP(&s.units, "unit", "u", nil, "systemd unit, such as kubelet or containerd; may be repeated (default kubelet)")
	flags.BoolVar(&s.kernel, "kernel", false, "Show the kernel log")
	flags.StringVar(&s.file, "file", "", "Absolute path of a log file on the node")
	flags.StringVar(&s.since, "since", "", "Only lines since this time: a duration ago such as 90m, or a time such as 2026-01-31T12:00:00Z")
	flags.StringVar(&s.until, "until", "", "Only lines until this time: a duration ago such as 90m, or a time")
	flags.BoolVarP(&s.follow, "follow", "f", false, "Stream new log lines as they are written")
	flags.StringVarP(&s.grep, "grep", "g", "", "Only lines that match this regular expression")
	flags.IntVar(&s.tail, "tail", -1, "Number of last lines to show; by default all, or 10 with -f")
}

func (s *logSource) validate() error {
	sources := 0
	for _, given := range []bool{len(s.units) > 0, s.kernel, s.file != ""} {
		if given {
			sources++
		}
	}
	switch {
	case sources > 1:
		return errors.New("--unit, --kernel and --file cannot be used together")
	case s.file != "" && !absolutePath.MatchString(s.file):
		return fmt.Errorf("--file is %q: it takes an absolute path", s.file)
	case s.file != "" && (s.since != "" || s.until != ""):
		return errors.New("--since and --until cannot be used with --file: only the journal has times")
	case s.follow && s.until != "":
		return errors.New("--follow and --until cannot be used together")
	case s.tail < -1:
		return fmt.Errorf("--tail is %d: it takes 0 or more", s.tail)
	}
	for _, u := range s.units {
		if !unitName.MatchString(u) {
			return fmt.Errorf("--unit is %q: that is not the name of a unit", u)
		}
	}
	if _, err := regexp.Compile(s.grep); err != nil {
		return fmt.Errorf("--grep: %w", err)
	}
	for _, b := range s.bounds() {
		if _, err := parseTime(b.text, time.Now()); err != nil {
			return fmt.Errorf("--%s is %q: %w", b.flag, b.text, err)
		}
	}
	return nil
}

// bound is one end of a time span.
type bound struct {
	flag      string
	parameter string // in the kubelet's log query
	operator  string // in Log Analytics
	text      string // the flag's value
}

func (s *logSource) bounds() []bound {
	return []bound{{"since", "sinceTime", ">=", s.since}, {"until", "untilTime", "<=", s.until}}
}

// absolutePath matches absolute paths on Linux and on Windows.
var absolutePath = regexp.MustCompile(`^(/|[A-Za-z]:[\\/])[^\x00]+$`)

var unitName = regexp.MustCompile(`^[A-Za-z0-9:_.@\\*?-]{1,255}$`)

// parseTime parses a duration before now, or a time. It returns the zero time if text is empty.
func parseTime(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("it takes a duration such as 90m, or a time such as 2026-01-31T12:00:00Z (UTC if it has no time zone)")
}

// flags returns the flags with which the command logs reads the same, without --follow.
func (s *logSource) flags() []string {
	var all []string
	for _, u := range s.units {
		all = append(all, "-u", u)
	}
	if s.kernel {
		all = append(all, "--kernel")
	}
	for _, f := range []struct{ name, value string }{{"--file", s.file}, {"--since", s.since}, {"--until", s.until}, {"--grep", s.grep}} {
		if f.value != "" {
			all = append(all, f.name, f.value)
		}
	}
	if s.tail >= 0 {
		all = append(all, "--tail", strconv.Itoa(s.tail))
	}
	return all
}

// argv returns the command that shows the log on a Linux node.
func (s *logSource) argv(now time.Time) []string {
	if s.file != "" {
		return s.fileArgv()
	}
	argv := []string{"journalctl", "--no-pager", "--quiet", "--output=short-iso"}
	switch {
	case s.kernel && s.since == "" && s.until == "":
		argv = append(argv, "--dmesg")
	case s.kernel:
		argv = append(argv, "_TRANSPORT=kernel") // --dmesg would show only the current boot
	default:
		for _, u := range s.unitNames() {
			argv = append(argv, "--unit="+u)
		}
	}
	for _, b := range s.bounds() {
		if t, err := parseTime(b.text, now); err == nil && !t.IsZero() {
			argv = append(argv, fmt.Sprintf("--%s=@%d", b.flag, t.Unix()))
		}
	}
	if s.grep != "" {
		argv = append(argv, "--case-sensitive=yes", "--grep="+s.grep)
	}
	switch {
	case s.grep != "" && s.tail >= 0 && !s.follow: // with --grep and --lines, journalctl shows the newest first
		return append([]string{"/bin/sh", "-c", tailJournal, "logs", strconv.Itoa(s.tail)}, argv...)
	case s.tail >= 0:
		argv = append(argv, "--lines="+strconv.Itoa(s.tail))
	case s.follow && s.since == "":
		argv = append(argv, "--lines=10")
	default:
		argv = append(argv, "--lines=all")
	}
	if s.follow {
		argv = append(argv, "--follow")
	}
	return argv
}

func (s *logSource) unitNames() []string {
	if len(s.units) == 0 {
		return []string{"kubelet"}
	}
	return s.units
}

// tailJournal shows the last $1 lines of the output of the command given by the other arguments.
const tailJournal = `n=$1; shift; "$@" --lines=all | tail -n "$n"`

// The scripts that show the file $1: the last $2 lines (showFile: all lines), and of them only those that match $3 unless it is empty.
// tail -F continues with the new file when a log is rotated.
const (
	// Perl-compatible regular expressions, as the journal uses, if grep supports them
	grepKind   = `g=P; echo | grep -qP '^$' 2>/dev/null || g=E; `
	showFile   = grepKind + `if [ -n "$3" ]; then grep -a$g -- "$3" "$1"; c=$?; [ $c -lt 2 ] || exit $c; else cat -- "$1"; fi`
	tailFile   = `( ` + showFile + ` ) | tail -n "$2"`
	followFile = grepKind + `
if [ -n "$3" ]; then tail -n "$2" -F -- "$1" | grep -a$g --line-buffered -- "$3"; else exec tail -n "$2" -F -- "$1"; fi`
)

func (s *logSource) fileArgv() []string {
	script, lines := showFile, s.tail
	switch {
	case s.follow:
		script = followFile
		if lines < 0 {
			lines = 10
		}
	case s.tail >= 0:
		script = tailFile
	}
	return []string{"/bin/sh", "-c", script, "logs", s.file, strconv.Itoa(max(lines, 0)), s.grep}
}
