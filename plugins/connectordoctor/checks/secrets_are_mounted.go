package checks

import (
	"fmt"
	"slices"
	"time"

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
		unmounted := func(pod podhealth.Pod) (summary, cause string) {
			if summary, cause = events.Unmounted(pod); summary != "" {
				cause = meaning(cause) + ofVault(cause)
			}
			return summary, cause
		}
		classes, _ := facts.ProviderClasses.Get(p) // without permission there are none
		waits := func(pod podhealth.Pod) (summary, cause string) {
			if summary, cause = unconfigured(pod); summary == "" {
				return "", ""
			}
			class, secret := unmountedClass(pods, pod.Name, classes)
			fresh := justCreated(p, pods.At)
			switch {
			case fresh && class == "":
				return "", ""
			case fresh: // the kubelet's message may be that of the connection's Secret before it was created
				cause = ""
			case class != "":
				cause += "; "
			}
			if class != "" {
				cause += fmt.Sprintf("SecretProviderClass %s writes Secret %s only while a pod mounts it as a volume, and this pod does not",
					class, secret)
			}
			return summary, cause
		}
		problems := podhealth.Problems(all, either(waits, unmounted))
		if len(problems) == 0 {
			if waiting(all) {
				return nil, eventsErr
			}
			return nil, nil
		}
		f := podFinding(problems, s.Namespace, len(all))
		f.Fixes = []check.Fix{fix("see its events", cmdline.Kubectl("describe", "pod", problems[0].Pod.Name, "-n", s.Namespace))}
		return []check.Finding{f}, nil
	},
}

// justCreated reports whether the Secret was created so short a time before that the kubelet may not have tried again since.
func justCreated(p *check.Pass, at time.Time) bool {
	const retry = 30 * time.Second
	info, err := facts.Secret.Get(p)
	return err == nil && info.Exists && (at.Sub(info.Created) < retry || at.Sub(info.Changed) < retry)
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

// unmountedClass returns a SecretProviderClass that the pod does not mount and from which the driver writes a Secret for one of the pod's
// variables; empty if there is none.
func unmountedClass(pods facts.ConsumerPodList, pod string, classes facts.ProviderClassList) (class, secret string) {
	i := slices.IndexFunc(pods.Items, func(c facts.ConsumerPod) bool { return c.Name == pod })
	if i < 0 {
		return "", ""
	}
	uses := pods.Items[i].Use.Uses
	for _, c := range classes.Items {
		mounted := slices.ContainsFunc(uses, func(u facts.Use) bool { return u.How == facts.CSI && u.Object == c.Name })
		for _, u := range uses {
			if !mounted && (u.How == facts.EnvVar || u.How == facts.EnvFrom) && slices.Contains(c.Secrets, u.Object) {
				return c.Name, u.Object
			}
		}
	}
	return "", ""
}
