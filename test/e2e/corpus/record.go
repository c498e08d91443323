package corpus

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/akstools/akstools/internal/check"
)

// A Result is what became of a trial.
type Result string

// The results. The verdict decides; what the trial also asserts (exit code, time, the fix heals) is Record.Failed.
const (
	// Right: a fault was named with the expected code and status, or nothing was found in a healthy set-up.
	Right Result = "right"
	// Unknown: the verdict on a fault is unknown.
	Unknown Result = "unknown"
	// Wrong: another cause was named than the fault, or the same with another status.
	Wrong Result = "wrong"
	// Green: the verdict is healthy although something is broken.
	Green Result = "green"
	// Alarm: a healthy set-up, or that of a fault before it was injected, has a finding at warning or above or something unknown.
	Alarm Result = "alarm"
	// Error: there was no verdict: the set-up failed.
	Error Result = "error"
)

// Judge returns the result of a fault for which the check code was expected with the status want.
func Judge(v check.Verdict, code string, want check.Status) Result {
	switch {
	case v.Code == code && v.Status == want:
		return Right
	case v.Status == check.Unknown:
		return Unknown
	case v.Status == check.Passed:
		return Green
	}
	return Wrong
}

// A Record is a trial that was made: one line of the file of records.
type Record struct {
	Name    string  `json:"name"`
	Doctor  string  `json:"doctor"`
	Seed    uint64  `json:"seed"`
	Commit  string  `json:"commit"` // with "-dirty" where the checkout had changes
	Result  Result  `json:"result"`
	Failed  bool    `json:"failed,omitempty"`  // the test failed, for whatever reason
	Verdict string  `json:"verdict,omitempty"` // on the fault: status and code
	Seconds float64 `json:"seconds"`
}

func (r Record) done() bool { return r.Result == Right && !r.Failed }

// Append adds a record to the file. It may be called concurrently.
func Append(file string, r Record) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Close())
}

// Read returns the records of a file, oldest first; a file that does not exist has none. A line that is no record, as a full disk
// leaves one, is passed over: its trial is then missing, and made again.
func Read(file string) ([]Record, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var records []Record
	for line := range bytes.Lines(b) {
		var r Record
		if json.Unmarshal(line, &r) == nil {
			records = append(records, r)
		}
	}
	return records, nil
}

// AnyCommit stands for every commit where records are selected.
const AnyCommit = "any"

// key identifies a trial in records.
type key struct {
	doctor, name string
	seed         uint64
}

// latest returns the last record of each trial at the commit, or at any.
func latest(records []Record, commit string) map[key]Record {
	last := map[key]Record{}
	for _, r := range records {
		if commit == AnyCommit || r.Commit == commit {
			last[key{r.Doctor, r.Name, r.Seed}] = r
		}
	}
	return last
}

// Done returns which of the trials were right at the commit and need not be made again. At a commit with changes there are none:
// the changes may be others by now.
func Done(records []Record, commit string, trials []Trial) map[Trial]bool {
	done := map[Trial]bool{}
	if commit == "" || strings.HasSuffix(commit, "-dirty") {
		return done
	}
	last := latest(records, commit)
	for _, t := range trials {
		if r, ok := last[key{t.Doctor, t.Name, t.Seed}]; ok && r.done() {
			done[t] = true
		}
	}
	return done
}
