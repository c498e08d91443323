package copy

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/akstools/akstools/internal/cli"
)

// progress counts what is written to it, and shows it on stderr where that is a terminal.
type progress struct {
	app     *cli.App
	moved   atomic.Int64
	before  atomic.Int64 // what an earlier command had copied
	total   int64        // 0: not known
	start   time.Time
	stop    chan struct{}
	cleared chan struct{} // closed when nothing is shown any more
}

func (c *Copier) progress(have, total int64) *progress {
	p := &progress{app: c.App, total: total, start: time.Now(), stop: make(chan struct{}), cleared: make(chan struct{})}
	p.set(have)
	if cli.IsTerminal(c.App.Streams.ErrOut) {
		go p.show()
	} else {
		close(p.cleared)
	}
	return p
}

func (p *progress) Write(b []byte) (int, error) {
	p.moved.Add(int64(len(b)))
	return len(b), nil
}

// set says how much is there, by what the other side says.
func (p *progress) set(have int64) {
	p.before.Add(have - p.moved.Load())
	p.moved.Store(have)
}

func (p *progress) done() int64 { return p.moved.Load() }

func (p *progress) show() {
	defer close(p.cleared)
	for {
		select {
		case <-p.stop:
			fmt.Fprint(p.app.Streams.ErrOut, "\r\033[K")
			return
		case <-time.After(500 * time.Millisecond):
			text := bytesOf(p.done())
			if p.total > 0 {
				text += fmt.Sprintf(" of %s (%d%%)", bytesOf(p.total), 100*p.done()/p.total)
			}
			fmt.Fprintf(p.app.Streams.ErrOut, "\r\033[K%s, %s/s", text, p.rate())
		}
	}
}

func (p *progress) rate() string {
	return bytesOf(int64(float64(p.done()-p.before.Load()) / max(time.Since(p.start).Seconds(), 0.001)))
}

// end stops the display; the summary comes after it.
func (p *progress) end() {
	close(p.stop)
	<-p.cleared
}

func (p *progress) summary(files int) {
	what := "1 file"
	if files != 1 {
		what = fmt.Sprintf("%d files", files)
	}
	p.app.Printer().Notef("copied %s, %s in %.1fs (%s/s), checksums equal", what, bytesOf(p.done()), time.Since(p.start).Seconds(), p.rate())
}

// bytesOf renders a number of bytes in decimal units, as disks and networks count.
func bytesOf(n int64) string {
	const unit = 1000
	value, units := float64(n), []string{"B", "kB", "MB", "GB", "TB"}
	i := 0
	for value >= unit && i < len(units)-1 {
		value /= unit
		i++
	}
	if i == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", value, units[i])
}
