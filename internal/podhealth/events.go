package podhealth

import (
	"slices"
	"time"
)

// MaxEventPods is the number of pods of which events are read: the pods of one workload tend to have the same trouble.
const MaxEventPods = 5

// Event is a warning about an object.
type Event struct {
	Reason  string    `json:"reason"`
	Message string    `json:"message"`
	Last    time.Time `json:"last"`
}

// Events holds the warnings of objects by "kind/name", the newest last.
type Events map[string][]Event

// Last returns the newest warning about the object that has one of the reasons.
func (m Events) Last(object string, reasons ...string) (Event, bool) {
	events := m[object]
	for i := len(events) - 1; i >= 0; i-- {
		if slices.Contains(reasons, events[i].Reason) {
			return events[i], true
		}
	}
	return Event{}, false
}
