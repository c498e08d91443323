package text

// detail is how much of a report is shown.
type detail struct {
	causeRows     int // of the cause
	fixes         int // fixes with their commands
	titles        int // further fixes without their commands
	commands      int // of each fix
	evidence      int // commands of the evidence
	evidenceLines int // lines of what these print, together
	also          int // other findings that are named
	alsoRows      int // of each of them
	symptomRows   int // of what the cause explains
}

// details are what a report tries in turn until it fits on the screen: what is left out is counted, and shown with --verbose.
func details() []detail {
	return []detail{
		{causeRows: 6, fixes: 3, commands: 4, evidence: 6, evidenceLines: 10, also: 4, alsoRows: 2, symptomRows: 2},
		{causeRows: 4, fixes: 2, titles: 1, commands: 4, evidence: 4, evidenceLines: 6, also: 3, alsoRows: 2, symptomRows: 2},
		{causeRows: 3, fixes: 2, commands: 3, evidence: 3, evidenceLines: 3, also: 1, alsoRows: 1, symptomRows: 2},
		{causeRows: 3, fixes: 1, titles: 1, commands: 3, evidence: 2, evidenceLines: 2, also: 1, alsoRows: 1, symptomRows: 2},
		{causeRows: 2, fixes: 1, titles: 1, commands: 2, evidence: 1, evidenceLines: 1, alsoRows: 1, symptomRows: 2},
		{causeRows: 2, fixes: 1, commands: 1, evidence: 1, alsoRows: 1, symptomRows: 1},
		{causeRows: 2, fixes: 1, commands: 1, alsoRows: 1, symptomRows: 1},
	}
}

// everything is the detail of a verbose report.
const everything = 1 << 20

// all leaves nothing out.
func all() detail {
	return detail{
		causeRows: everything, fixes: everything, commands: everything, evidence: everything, evidenceLines: everything,
		also: everything, alsoRows: everything, symptomRows: everything,
	}
}
