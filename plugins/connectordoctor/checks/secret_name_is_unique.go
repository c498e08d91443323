package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// SecretNameIsUnique finds connections that write one Secret.
var SecretNameIsUnique = &check.Check{
	Code: "CON0303",
	Name: "secret-name-is-unique",
	Hop:  hopResources,
	Doc: `nothing else writes the Secret of the connection

Names of connections that differ only in case, or in characters other than letters and digits, lead to one Secret: whichever connection
was written last has its variables there. The CSI driver can write it too.`,
	Sources: []string{
		"https://github.com/Azure/azure-cli/blob/dev/src/azure-cli/azure/cli/command_modules/serviceconnector/_utils.py", docExtension,
	},
	Needs: provided(),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, err := connection(p)
		if err != nil {
			return nil, err
		}
		f := check.Finding{Severity: check.Warning, Target: s.secret()}
		if len(s.Others) > 0 {
			f.Summary = fmt.Sprintf("connections %s and %s write the same Secret %s", s.Name, names(s.Others), s.Secret)
			f.Cause = "its name keeps only letters and digits of the connection's name"
			f.Fixes = []check.Fix{azure("see whether both exist for this namespace; create one of them under another name",
				listConnections())}
			return []check.Finding{f}, nil
		}
		var writers []string
		for _, c := range s.classes {
			for _, name := range c.Secrets {
				if name == s.Secret {
					writers = append(writers, c.Name)
				}
			}
		}
		info, err := facts.Secret.Get(p)
		switch {
		case len(writers) > 1:
			f.Summary = fmt.Sprintf("SecretProviderClasses %s write the same Secret %s", names(writers), s.Secret)
		case len(writers) == 1 && err == nil && info.Release != "":
			f.Summary = fmt.Sprintf("SecretProviderClass %s and Helm release %s write the same Secret %s", writers[0], info.Release, s.Secret)
		default:
			return nil, nil
		}
		f.Cause = "whatever writes it last replaces the values of the other"
		f.Fixes = []check.Fix{fix("give secretObjects of one class another secretName",
			cmdline.Kubectl("get", "secretproviderclasses", "-n", s.Namespace, "-o", "yaml"))}
		return []check.Finding{f}, nil
	},
}
