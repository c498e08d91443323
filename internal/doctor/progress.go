package doctor

import (
	"slices"
	"sync"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cli"
)

// progress shows on a terminal which check is in progress, of all targets. With --verbose it prints how long each fact took instead.
type progress struct {
	app *cli.App

	mu      sync.Mutex
	running []*check.Check // in the order in which they started
}

// observe implements check.Observer.
func (p *progress) observe(e check.Event) {
	switch {
	case e.Check == nil:
		if e.Done {
			p.app.Printer().Stepf("%s: %s took %s", e.Target, e.Fact, e.Took.Round(time.Millisecond))
		}
		return
	case e.Done:
		p.end(e.Check)
	default:
		p.start(e.Check)
	}
}

func (p *progress) start(c *check.Check) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running = append(p.running, c)
	p.show()
}

func (p *progress) end(c *check.Check) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.running, c); i >= 0 {
		p.running = slices.Delete(p.running, i, i+1)
	}
	p.show()
}

// show shows the check that has been running the longest: the one that others wait for.
func (p *progress) show() {
	text := ""
	if len(p.running) > 0 {
		c := p.running[0]
		text = "checking " + c.Hop + ": " + c.Proposition()
	}
	p.app.Printer().Status(text)
}
