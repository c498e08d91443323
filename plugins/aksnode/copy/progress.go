package copy

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/akstools/akstools/internal/cli"
)

// progress counts the bytes that are written to it, and shows them as the printer's status until end is called.
type progress struct {
	app     *cli.App
	copied  atomic.Int64
	resumed atomic.Int64 // of them, those that an earlier command had copied
	total   int64        // 0: unknown
	start   time.Time
	stop    chan struct{}
	cleared chan struct{} // closed when the display has been cleared
}

func (c *Copier) progress(have, total int64) *progress {
	p := &progress{app: c.App, total: total, start: time.Now(), stop: make(chan struct{}), cleared: make(chan struct{})}
	p.set(have)
	go p.show()
	return p
}

func (p *progress) Write(b []byte) (int, error) {
	p.copied.Add(int64(len(b)))
	return len(b), nil
}

// set corrects the number of bytes copied to what the destination has.
func (p *progress) set(have int64) {
	p.resumed.Add(have - p.copied.Load())
	p.copied.Store(have)
}

func (p *progress) done() int64 { return p.copied.Load() }

func (p *progress) show() {
	defer close(p.cleared)
	for {
		select {
		case <-p.stop:
			p.app.Printer().Status("")
			return
		case <-time.After(500 * time.Millisecond):
			text := bytesOf(p.done())
			if p.total > 0 {
				text += fmt.Sprintf(" of %s (%d%%)", bytesOf(p.total), 100*p.done()/p.total)
			}
			p.app.Printer().Status(text + ", " + p.rate() + "/s")
		}
	}
}

func (p *progress) rate() string {
	return bytesOf(int64(float64(p.done()-p.resumed.Load()) / max(time.Since(p.start).Seconds(), 0.001)))
}

// end stops and clears the display.
func (p *progress) end() {
	close(p.stop)
	<-p.cleared
}

func (p *progress) summary(files int) {
	noun := "files"
	if files == 1 {
		noun = "file"
	}
	p.app.Printer().Notef("copied %d %s, %s in %.1fs (%s/s), checksums match",
		files, noun, bytesOf(p.done()), time.Since(p.start).Seconds(), p.rate())
}

// bytesOf formats a number of bytes in decimal units, as is usual for disks and networks.
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
