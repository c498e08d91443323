package checks

import (
	"encoding/json"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// fix returns a fix with its commands, each an argv.
func fix(title string, commands ...[]string) check.Fix {
	return check.Fix{Title: title, Commands: commands}
}

func kubectl(args ...string) []string { return append([]string{"kubectl"}, args...) }

// getSlices is the command that shows the EndpointSlices of the Service.
func getSlices(s facts.ServiceInfo, flags ...string) []string {
	return append(kubectl("get", "endpointslices", "-n", s.Namespace, "-l", "kubernetes.io/service-name="+s.Name), flags...)
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
