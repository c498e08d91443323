package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// ReferencesAreDefined finds variables that refer to keys of the connection's Secret which their container does not have.
var ReferencesAreDefined = &check.Check{
	Code: "CON0410",
	Name: "references-are-defined",
	Hop:  hopConsumers,
	Doc: `containers have the variables of the Secret to which others of theirs refer by $(NAME)

Each container has variables of its own. Kubernetes leaves a reference to one that is not defined as it is: the program gets its text. So
it does with $NAME, which only a shell replaces.`,
	Sources: []string{docSecrets, "https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/"},
	After:   []*check.Check{SecretHasKeys},
	Needs:   provided(facts.Consumers),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, list, info, ok, err := usersOfSecret(p)
		if !ok {
			return nil, err
		}
		var found []check.Finding
		for _, c := range list {
			if f, ok := literal(p, s, c, info); ok {
				found = append(found, f)
			}
			for _, container := range c.Template.Containers {
				for _, name := range container.Undefined {
					if !slices.Contains(info.Keys, name) {
						continue
					}
					found = append(found, check.Finding{
						Severity: check.Error, Target: c.Ref,
						Summary: fmt.Sprintf("a variable of container %s in %s refers to $(%s), which the container does not have", container.Name,
							c.Ref, name),
						Cause: fmt.Sprintf("the program gets the text $(%s) and not the value of that key of Secret %s", name, s.Secret),
						Fixes: []check.Fix{editing("add envFrom with the Secret to the container, or the variable with secretKeyRef", c.Ref)},
					})
				}
			}
		}
		return found, nil
	},
}

// literal is the finding on a workload, none of whose pods is Ready, with a container whose command names a variable of the Secret as only
// a shell would replace it. A program may do so by itself.
func literal(p *check.Pass, s subject, c facts.Consumer, info facts.SecretInfo) (check.Finding, bool) {
	pods, err := facts.ConsumerPods.Get(p)
	of := pods.ByWorkload()[c.Ref.String()]
	if err != nil || len(of) == 0 || slices.ContainsFunc(of, func(pod facts.ConsumerPod) bool { return pod.Ready() }) {
		return check.Finding{}, false
	}
	for _, container := range c.Template.Containers {
		for _, name := range container.Literal {
			if !slices.Contains(info.Keys, name) {
				continue
			}
			return check.Finding{
				Severity: check.Warning, Target: c.Ref,
				Summary: fmt.Sprintf("the command of container %s in %s names $%s, which Kubernetes does not replace", container.Name, c.Ref, name),
				Cause: fmt.Sprintf("the command starts a program without a shell: Kubernetes replaces $(%s) only, and the program gets the text $%s "+
					"and not the value of that key of Secret %s", name, name, s.Secret),
				Fixes: []check.Fix{editing(fmt.Sprintf("write $(%s), or start the program by sh -c", name), c.Ref)},
			}, true
		}
	}
	return check.Finding{}, false
}
