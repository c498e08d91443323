package checks

import (
	"fmt"
	"maps"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// NamesAreNotPinned finds pods whose hostAliases give names of Azure fixed addresses.
var NamesAreNotPinned = &check.Check{
	Code: "CON0709",
	Name: "names-are-not-pinned",
	Hop:  hopTarget,
	Doc: `no hostAliases of the pods give names of Azure fixed addresses

They become lines of /etc/hosts, which come before DNS. The addresses of Azure's services and of private endpoints change, and then only
these pods connect to the former one.`,
	Sources: []string{"https://kubernetes.io/docs/tasks/network/customize-hosts-file-for-pods/"},
	Needs:   provided(facts.Consumers),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, list, ok, err := consumers(p)
		if !ok {
			return nil, err
		}
		var found []check.Finding
		for _, c := range list {
			pinned := slices.Sorted(maps.Keys(c.Template.Pinned))
			if len(pinned) == 0 {
				continue
			}
			name := pinned[0]
			found = append(found, check.Finding{
				Severity: check.Warning, Target: c.Ref,
				Summary: fmt.Sprintf("hostAliases of %s give %s the fixed address %s", c.Ref, name, c.Template.Pinned[name]),
				Cause:   "the pods connect to that address, whatever DNS says: it is wrong as soon as Azure or the private endpoint has another",
				Fixes: []check.Fix{
					editing("remove the alias from the pod template, and let DNS answer", c.Ref),
					fix("compare it with what DNS says", cmdline.Program("nslookup", name)),
				},
				Evidence: []check.Evidence{{Source: cmdline.Kubectl("get", c.Ref.String(), "-n", c.Ref.Namespace, "-o", "yaml")}},
			})
		}
		return found, nil
	},
}
