package aksnode

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

// logSource is which lines of which log.
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
	flags.BoolVar(&s.kernel, "kernel", false, "The kernel's messages")
	flags.StringVar(&s.file, "file", "", "A log file of the node, by its path")
	flags.StringVar(&s.since, "since", "", "Not older than this: a duration such as 90m, or a time such as 2026-01-31T12:00:00Z")
	flags.StringVar(&s.until, "until", "", "Not newer than this: a duration ago, or a time")
	flags.BoolVarP(&s.follow, "follow", "f", false, "Go on with what is written from now on")
	flags.StringVarP(&s.grep, "grep", "g", "", "Only lines that match this regular expression")
	flags.IntVar(&s.tail, "tail", -1, "Only this many of the last lines; by default all, with -f 10")
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
		return errors.New("--unit, --kernel and --file exclude each other")
	case s.file != "" && !absolute.MatchString(s.file):
		return fmt.Errorf("--file is %q: it takes an absolute path", s.file)
	case s.file != "" && (s.since != "" || s.until != ""):
		return errors.New("--since and --until are for the journal: lines of a file have no time that is known")
	case s.follow && s.until != "":
		return errors.New("--follow and --until exclude each other")
	case s.tail < -1:
		return fmt.Errorf("--tail is %d: it takes 0 or more", s.tail)
	}
	for _, u := range s.units {
		if !unitName.MatchString(u) {
			return fmt.Errorf("--unit is %q: that is no name of a unit", u)
		}
	}
	if _, err := regexp.Compile(s.grep); err != nil {
		return fmt.Errorf("--grep: %w", err)
	}
	for _, b := range s.bounds() {
		if _, err := moment(b.text, time.Now()); err != nil {
			return fmt.Errorf("--%s is %q: %w", b.flag, b.text, err)
		}
	}
	return nil
}

// bound is one end of a span of time: its flag, its name in the kubelet's query and in Log Analytics, and what was given.
type bound struct{ flag, parameter, operator, text string }

func (s *logSource) bounds() []bound {
	return []bound{{"since", "sinceTime", ">=", s.since}, {"until", "untilTime", "<=", s.until}}
}

// absolute is a path of Linux or of Windows.
var absolute = regexp.MustCompile(`^(/|[A-Za-z]:[\\/])[^\x00]+$`)

var unitName = regexp.MustCompile(`^[A-Za-z0-9:_.@\\*?-]{1,255}$`)

// moment reads a duration before now, or a time; the zero time where text is empty.
func moment(text string, now time.Time) (time.Time, error) {
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
	return time.Time{}, errors.New("it takes a duration such as 90m, or a time such as 2026-01-31T12:00:00Z (UTC where no zone is given)")
}

// argv is the command that shows the log on a Linux node.
func (s *logSource) argv(now time.Time) []string {
	if s.file != "" {
		return s.fileArgv()
	}
	argv := []string{"journalctl", "--no-pager", "--quiet", "--output=short-iso"}
	switch {
	case s.kernel && s.since == "" && s.until == "":
		argv = append(argv, "--dmesg")
	case s.kernel:
		argv = append(argv, "_TRANSPORT=kernel") // --dmesg would leave out what was before the last boot
	default:
		for _, u := range s.unitNames() {
			argv = append(argv, "--unit="+u)
		}
	}
	for _, b := range s.bounds() {
		if t, err := moment(b.text, now); err == nil && !t.IsZero() {
			argv = append(argv, fmt.Sprintf("--%s=@%d", b.flag, t.Unix()))
		}
	}
	if s.grep != "" {
		argv = append(argv, "--case-sensitive=yes", "--grep="+s.grep)
	}
	switch {
	case s.grep != "" && s.tail >= 0 && !s.follow: // with --lines it would show the newest first
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

// tailJournal runs the command that follows $1 and shows so many of its last lines.
const tailJournal = `n=$1; shift; "$@" --lines=all | tail -n "$n"`

// showFile prints $1: the last $2 lines, or all, that match $3 where it is not empty. tail -F goes on with the new file
// when a log is rotated.
const (
	// as the journal matches: (?i) and \d are known too, where grep was built so
	grepKind = `g=P; echo | grep -qP '^$' 2>/dev/null || g=E; `
	showFile = grepKind + `if [ -n "$3" ]; then grep -a$g -- "$3" "$1"; c=$?; [ $c -lt 2 ] || exit $c; else cat -- "$1"; fi`
	tailFile = `( ` + showFile + ` ) | tail -n "$2"`
	// the pipe's reader must end when tail does, and the other way round
	followFile = grepKind + `if [ -n "$3" ]; then tail -n "$2" -F -- "$1" | grep -a$g --line-buffered -- "$3"; else exec tail -n "$2" -F -- "$1"; fi`
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
