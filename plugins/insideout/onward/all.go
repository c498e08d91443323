// Package onward holds the checks of `kubectl insideout pod/NAME --to HOST:PORT`: why a pod cannot reach what it connects to.
package onward

import (
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
)

// The hops of the path, from the pod outwards.
const (
	hopPod        = "source-pod"
	hopDNS        = "name"
	hopPolicy     = "policies"
	hopConnection = "connection"
	hopTLS        = "tls"
)

// All returns the checks in evaluation order; the first failure is the verdict.
func All() []*check.Check {
	return []*check.Check{PodRuns, NameResolves, PoliciesLetPodOut, DestinationConnects, DestinationCertificateFits}
}

// nameIn is the name of an object, with its namespace if that is not own.
func nameIn(own, namespace, name string) string {
	if namespace == own {
		return name
	}
	return namespace + "/" + name
}

// fix returns a fix with its commands, each an argv.
func fix(title string, commands ...cmdline.Command) check.Fix {
	return check.Fix{Title: title, Commands: commands}
}
