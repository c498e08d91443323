package hostile

import (
	"fmt"
	"time"

	"github.com/akstools/akstools/test/hostile/run"
)

// peaks are the trials that came nearest to each limit.
type peaks struct {
	memory, cpu, took peak
}

type peak struct {
	trial run.Trial
	run.Result
}

func (p *peaks) add(trial run.Trial, r run.Result) {
	if r.Memory > p.memory.Memory {
		p.memory = peak{trial, r}
	}
	if r.CPU > p.cpu.CPU {
		p.cpu = peak{trial, r}
	}
	if r.Took > p.took.Took {
		p.took = peak{trial, r}
	}
}

// String implements fmt.Stringer.
func (p *peaks) String() string {
	return fmt.Sprintf("most memory: %d MiB, %s: %s\nmost of the processor: %s, %s: %s\nlongest: %s, %s: %s",
		p.memory.Memory>>20, p.memory.trial.Name(), p.memory.trial.Line,
		p.cpu.CPU.Round(time.Millisecond), p.cpu.trial.Name(), p.cpu.trial.Line,
		p.took.Took.Round(time.Millisecond), p.took.trial.Name(), p.took.trial.Line)
}
