package corpus

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Plan says which trials a run makes. Its zero value makes none: it has no seeds.
type Plan struct {
	Seeds []uint64
	Only  *regexp.Regexp // matches the doctor, name, code, hop or batch; nil: all
	Slice Slice
	Done  map[Trial]bool // trials that need not be made again
	Drawn bool           // the commit drew Slice
}

// ParsePlan reads seeds with spaces between them, a regular expression and a slice "i/n"; the last two may be empty.
func ParsePlan(seeds, only, slice string) (p Plan, err error) {
	if p.Seeds, err = parseSeeds(seeds); err != nil {
		return p, err
	}
	if p.Slice, err = parseSlice(slice); err != nil {
		return p, err
	}
	if only != "" {
		p.Only, err = regexp.Compile(only)
	}
	return p, err
}

// Trials returns what the plan makes of the cases: each with each seed, as far as Only matches, of these the slice, and of that
// what is not done. What is done does not move the slices.
func (p Plan) Trials(cases []Case) []Trial {
	return p.trials(cases, p.Seeds)
}

// Once is Trials for cases that draw nothing from a seed.
func (p Plan) Once(cases []Case) []Trial {
	return p.trials(cases, []uint64{0})
}

func (p Plan) trials(cases []Case, seeds []uint64) []Trial {
	var trials []Trial
	n := 0
	for _, seed := range seeds {
		for _, c := range cases {
			if !p.wants(c) {
				continue
			}
			t := Trial{c, seed}
			if p.Slice.has(n) && !p.Done[t] {
				trials = append(trials, t)
			}
			n++
		}
	}
	return trials
}

func (p Plan) wants(c Case) bool {
	return p.Only == nil || slices.ContainsFunc([]string{c.Doctor, c.Name, c.Code, c.Hop, c.Batch}, p.Only.MatchString)
}

// All returns every trial of the plan, of all doctors and the lab.
func (p Plan) All() ([]Trial, error) {
	trials := p.Once(LabFaults())
	for _, cases := range [][]Case{
		InsideoutFaults(), InsideoutPairs(), InsideoutHealthy(), TunnelFaults(), TunnelHealthy(), TunnelOthers(), AzureTunnel(),
	} {
		trials = append(trials, p.Trials(cases)...)
	}
	for _, doctor := range []string{Insideout, Tunneldoctor, Connectordoctor} {
		cases, err := Reported(doctor)
		if err != nil {
			return nil, err
		}
		trials = append(trials, p.Once(cases)...)
	}
	return trials, nil
}

// Thinner returns the plan with a part of its slice: of n parts the one that the first seed draws. A plan of everything stays as it is.
func (p Plan) Thinner(n int) Plan {
	if p.Slice.N != 0 && p.Drawn && len(p.Seeds) > 0 {
		p.Slice = Slice{I: p.Slice.I + p.Slice.N*int(p.Seeds[0]%uint64(n)), N: p.Slice.N * n}
	}
	return p
}

// A Slice is the I-th of N equal parts of a list, counted from 1. The zero Slice is the whole list.
type Slice struct{ I, N int }

func (s Slice) has(n int) bool { return s.N == 0 || n%s.N == s.I-1 }

func (s Slice) String() string {
	if s.N == 0 {
		return "1/1"
	}
	return fmt.Sprintf("%d/%d", s.I, s.N)
}

func parseSlice(text string) (Slice, error) {
	if text == "" {
		return Slice{}, nil
	}
	i, n, _ := strings.Cut(text, "/")
	var s Slice
	var err1, err2 error
	s.I, err1 = strconv.Atoi(i)
	s.N, err2 = strconv.Atoi(n)
	if err1 != nil || err2 != nil || s.I < 1 || s.I > s.N {
		return Slice{}, fmt.Errorf("slice %q: it takes i/n with i from 1 to n", text)
	}
	return s, nil
}

func parseSeeds(text string) ([]uint64, error) {
	var seeds []uint64
	for _, word := range strings.Fields(text) {
		n, err := strconv.ParseUint(word, 10, 64)
		if err != nil || n == 0 {
			return nil, fmt.Errorf("seed %q: it takes a number above 0", word)
		}
		seeds = append(seeds, n)
	}
	return seeds, nil
}

// parts is into how many slices the corpora are cut where a commit draws one of them.
const parts = 16

// OfCommit returns the slice and the seed of a commit, always the same for one commit and even over many. A hash that cannot be
// read gives the first slice.
func OfCommit(hash string) (Slice, uint64) {
	n, err := strconv.ParseUint(fmt.Sprintf("%.12s", hash), 16, 64)
	if err != nil {
		n = 0
	}
	return Slice{I: int(n%parts) + 1, N: parts}, n/parts%99999 + 1
}
