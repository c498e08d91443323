package checks

import (
	"cmp"

	"github.com/akstools/akstools/internal/errtext"
)

// rejection returns what the message means with which an object was rejected, as a cause.
func rejection(message string) string {
	if message == "" {
		return "no pod was created and no error is reported: the controller manager may not be running"
	}
	if e := errtext.Explain(message); e.Known() {
		return e.Clause()
	}
	return "an admission controller or a quota rejects its pods"
}

// meaning returns what the message of an error means, as a cause; the message itself if it is not known.
func meaning(message string) string {
	if e := errtext.Explain(message); e.Known() {
		return e.Clause()
	}
	return cmp.Or(message, "no reason is given")
}
