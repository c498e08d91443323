package checks

import (
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// SecretsAreMounted finds pods that wait for their Secret or for their volume.
var SecretsAreMounted = &check.Check{
	Code: "CON0404",
	Name: "secrets-are-mounted",
	Hop:  hopConsumers,
	Doc: `the pods get the Secret and the volumes of the connection

The kubelet's events hold the error of the CSI driver, of its Azure provider and of Key Vault. The provider runs in the network of the
node: NetworkPolicies do not apply to it, and its identity must be assigned to each node pool.`,
	Sources: []string{
		"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/extensions/troubleshoot-key-vault-csi-secrets-store-csi-driver",
		docSecrets,
	},
	After: []*check.Check{SecretExists, ProviderClassesAreComplete, CSIDriverRuns, KeysExist},
	Needs: provided(facts.Consumers, facts.ConsumerEvents),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, _, ok, err := consumers(p)
		if !ok {
			return nil, err
		}
		pods, err := facts.ConsumerPods.Get(p)
		if err != nil {
			return nil, err
		}
		events, eventsErr := facts.ConsumerEvents.Get(p)
		var all []podhealth.Pod
		for _, pod := range pods.Alive() {
			if len(s.uses(pod.Use)) > 0 {
				all = append(all, pod.Pod)
			}
		}
		problems := podhealth.Problems(all, either(unconfigured, events.Unmounted))
		if len(problems) == 0 {
			if waiting(all) {
				return nil, eventsErr
			}
			return nil, nil
		}
		for i := range problems {
			problems[i].Cause = meaning(problems[i].Cause)
		}
		f := podFinding(problems, s.Namespace, len(all))
		f.Fixes = []check.Fix{fix("see its events", cmdline.Kubectl("describe", "pod", problems[0].Pod.Name, "-n", s.Namespace))}
		return []check.Finding{f}, nil
	},
}

// unconfigured describes a pod with a container whose variables cannot be set.
func unconfigured(p podhealth.Pod) (summary, cause string) {
	return inContainer(func(c podhealth.Container) (string, string) {
		if c.State.Reason != "CreateContainerConfigError" {
			return "", ""
		}
		return podhealth.Uncreated(c)
	})(p)
}
