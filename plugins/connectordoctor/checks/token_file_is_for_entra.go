package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// TokenFileIsForEntra finds containers that send the token for the API server to Entra ID.
var TokenFileIsForEntra = &check.Check{
	Code: "CON0510",
	Name: "token-file-is-for-entra",
	Hop:  hopIdentity,
	Doc: `AZURE_FEDERATED_TOKEN_FILE names the token that the webhook adds

A variable of that name in the pod template wins over the webhook's, also where nothing is mounted at its path. Every pod has a token for
the API server too, whose audience Entra ID does not accept.`,
	Sources: []string{docIdentity, "https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/"},
	Needs:   provided(facts.Consumers),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, list, ok, err := consumers(p)
		if !ok {
			return nil, err
		}
		pods, err := facts.ConsumerPods.Get(p)
		if err != nil {
			return nil, err
		}
		of := pods.ByWorkload()
		var found []check.Finding
		for _, c := range list {
			for _, container := range c.Template.Containers {
				if container.OwnToken == "" {
					continue
				}
				found = append(found, check.Finding{
					Severity: check.Error, Target: c.Ref,
					Summary: fmt.Sprintf("%s of container %s in %s names the token for the API server", facts.TokenFileVariable, container.Name, c.Ref),
					Cause:   "Entra ID does not accept its audience; the variable in the pod template wins over that of the webhook",
					Fixes:   []check.Fix{editing("remove the variable from the pod template: the webhook sets it", c.Ref)},
				})
			}
			if f, ok := unmountedToken(c, of[c.Ref.String()]); ok {
				found = append(found, f)
			}
		}
		return found, nil
	},
}

// unmountedToken is the finding on pods of a workload whose variable names a file at which nothing is mounted.
func unmountedToken(c facts.Consumer, pods []facts.ConsumerPod) (check.Finding, bool) {
	for _, pod := range pods {
		if pod.Use.Label != "true" {
			continue
		}
		for _, container := range pod.Use.Containers {
			if !container.Unmounted {
				continue
			}
			f := check.Finding{
				Severity: check.Error, Target: c.Ref, Also: []check.Ref{{Kind: "pod", Namespace: c.Ref.Namespace, Name: pod.Name}},
				Summary: fmt.Sprintf("%s of container %s in %s names a path at which no volume is mounted", facts.TokenFileVariable, container.Name,
					c.Ref),
				Cause: "the variable in the pod template wins over that of the webhook",
				Fixes: []check.Fix{editing("remove the variable from the pod template: the webhook sets it", c.Ref)},
			}
			if pod.Ready() {
				f.Severity = check.Warning // the program may write the file by itself
			}
			if container.Token {
				f.Cause += ", which mounts the token elsewhere"
			}
			return f, true
		}
	}
	return check.Finding{}, false
}
