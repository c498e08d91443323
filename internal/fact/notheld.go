package fact

import (
	"errors"
	"fmt"
)

// notHeld is the error of a fact that a bundle lacks.
type notHeld struct{ name string }

func (e notHeld) Error() string { return fmt.Sprintf("the bundle does not hold the fact %q", e.name) }

// IsNotHeld reports whether the error is that of a fact that a bundle lacks: it was saved before the fact was gathered. A check that came
// with the fact is then skipped, so that the verdict on the bundle stays.
func IsNotHeld(err error) bool {
	var e notHeld
	return errors.As(err, &e)
}
