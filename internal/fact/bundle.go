package fact

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
)

// BundleVersion is the version of the bundles that this program writes, and the only one that it reads.
const BundleVersion = 1

// Bundle is what one run found out. It can be evaluated again without a cluster.
type Bundle struct {
	BundleVersion int             `json:"bundleVersion"`
	Plugin        string          `json:"plugin"`
	Targets       []BundledTarget `json:"targets"`
}

// BundledTarget is what was found out about one target.
type BundledTarget struct {
	Target check.Ref              `json:"target"`
	Facts  map[string]BundledFact `json:"facts"`
}

// BundledFact is one fact. If Error is not empty, the fact could not be found out, and Value is null.
type BundledFact struct {
	Value    json.RawMessage  `json:"value,omitempty"`
	Evidence []check.Evidence `json:"evidence,omitempty"`
	Error    string           `json:"error,omitempty"`
	Missing  []string         `json:"missing,omitempty"` // permissions that the user lacked
}

// lacking is the error of a bundled fact that could not be found out for lack of permissions. It implements check.Lacking.
type lacking struct {
	error
	missing []string
}

func (l lacking) Lacks() []string { return l.missing }

// Bundled returns what has been gathered. No fact may be being gathered meanwhile.
func (m *Memo) Bundled() (BundledTarget, error) {
	t := BundledTarget{Target: m.Target, Facts: map[string]BundledFact{}}
	for name, known := range m.known {
		evidence := known.evidence[:min(len(known.evidence), maxEvidence)] // what shows the same can be left out
		if known.err != nil {
			t.Facts[name] = BundledFact{Evidence: evidence, Error: known.err.Error(), Missing: check.Lacks(known.err)}
			continue
		}
		value, err := json.Marshal(known.value)
		if err != nil {
			return t, fmt.Errorf("fact %s: %w", name, err)
		}
		t.Facts[name] = BundledFact{Value: value, Evidence: evidence}
	}
	return t, nil
}

// Unbundle returns the facts of t. All of them must be in all, the doctor's list. Of the evidence, only commands that read are kept:
// whoever wrote the bundle may have put others there.
func Unbundle(t BundledTarget, all []Any) (*Memo, error) {
	m := &Memo{Target: t.Target, known: map[string]*entry{}}
	unknown := maps.Clone(t.Facts)
	for _, f := range all {
		b, ok := t.Facts[f.FactName()]
		if !ok {
			continue
		}
		delete(unknown, f.FactName())
		known := &entry{evidence: readingOnly(b.Evidence)}
		if b.Error != "" {
			if known.err = errors.New(b.Error); len(b.Missing) > 0 {
				known.err = lacking{known.err, b.Missing}
			}
		} else if value, err := f.decode(b.Value); err != nil {
			return nil, fmt.Errorf("fact %q of the bundle: %w", f.FactName(), err)
		} else {
			known.value = value
		}
		known.once.Do(func() {})
		m.known[f.FactName()] = known
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("the bundle holds facts that this program does not know: %q", slices.Sorted(maps.Keys(unknown)))
	}
	return m, nil
}

// readingOnly drops the commands that do not only read, and evidence of which nothing is left.
func readingOnly(all []check.Evidence) []check.Evidence {
	for i, e := range all {
		if !e.Source.Reads() {
			all[i].Source = cmdline.Command{}
		}
	}
	return slices.DeleteFunc(all, func(e check.Evidence) bool { return e.Source.IsZero() && len(e.Lines) == 0 })
}

// Write writes the bundle to w. More targets than ReadTargets accepts are an error.
func (b *Bundle) Write(w io.Writer) error {
	if n := len(b.Targets); n > MaxTargets {
		return fmt.Errorf("a bundle holds at most %d targets, not %d", MaxTargets, n)
	}
	z := gzip.NewWriter(w)
	if err := json.NewEncoder(z).Encode(b); err != nil {
		return err
	}
	return z.Close()
}
