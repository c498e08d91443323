package doctor

import (
	"strings"
	"sync"

	"github.com/akstools/akstools/internal/cli"
)

// notes announces objects in one line a kind and namespace: a doctor may create a pod on each node. With --verbose each is named.
type notes struct {
	*cli.Printer
	mu        sync.Mutex
	announced map[string]bool
}

// Creating implements jobpod.Notes.
func (n *notes) Creating(component, object, namespace, node string) {
	if n.Verbose {
		n.Printer.Creating(component, object, namespace, node)
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	key := component + " " + namespace
	if !n.announced[key] {
		n.announced[key] = true
		n.Notef("creating short-lived %ss in namespace %s, removed at the end", strings.ReplaceAll(component, "-", " "), namespace)
	}
}
