package checks

import (
	"encoding/json"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// fix returns a fix with its commands, each an argv.
func fix(title string, commands ...cmdline.Command) check.Fix {
	return check.Fix{Title: title, Commands: commands}
}

// weakening returns the fix with how it weakens a protection.
func weakening(f check.Fix, how string) check.Fix {
	f.Weakens = how
	return f
}

// getSlices is the command that shows the EndpointSlices of the Service.
func getSlices(s facts.ServiceInfo, flags ...string) cmdline.Command {
	return cmdline.Kubectl("get", "endpointslices", "-n", s.Namespace, "-l", "kubernetes.io/service-name="+s.Name).With(flags...)
}

// nameIn is the name of an object, with its namespace if that is not own.
func nameIn(own, namespace, name string) string {
	if namespace == own {
		return name
	}
	return namespace + "/" + name
}

// patch renders the body of `kubectl patch`.
func patch(body any) string {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err) // maps of strings and numbers
	}
	return string(b)
}
