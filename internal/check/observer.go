package check

import "time"

// Event tells that a check or the gathering of a fact has started or is done.
type Event struct {
	Target Ref           // zero where the sender does not know it
	Check  *Check        // nil: the event is about a fact
	Fact   string        // the fact's name; empty: the event is about a check
	Done   bool          // else it has started
	Took   time.Duration // from start to end, with Done; that of a check includes the facts for which it waited
}

// An Observer is told of events while a run goes on, several at a time, so it must be safe for concurrent use, and it must not
// block. A nil Observer is told nothing.
type Observer func(Event)

// Notify tells the observer, if there is one.
func (o Observer) Notify(e Event) {
	if o != nil {
		o(e)
	}
}
