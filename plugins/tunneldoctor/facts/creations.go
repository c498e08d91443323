package facts

import (
	"cmp"
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/akstools/akstools/internal/cmdline"
)

// creation is the least object of a built-in resource that the API server admits.
type creation struct {
	group, version, resource, kind string
	wide                           bool // the resource has no namespace
	body                           string
	// command and flags are what follows kubectl create, before and after the name, for a user who tries the same; nil: see Command.
	command, flags []string
}

// creations are what dry runs create, in order of preference. The first two need only what the plugin's role allows.
func creations() []creation {
	const (
		selector = `"selector":{"matchLabels":{"akstools":"dry-run"}}`
		template = `"template":{"metadata":{"labels":{"akstools":"dry-run"}},"spec":{"containers":[{"name":"none","image":"none"}]}}`
		once     = `"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"none","image":"none"}]}}`
	)
	return []creation{
		{version: "v1", resource: "configmaps", kind: "ConfigMap", command: []string{"configmap"}},
		{version: "v1", resource: "pods", kind: "Pod", body: `"spec":{"containers":[{"name":"none","image":"none"}]}`},
		{
			group: "networking.k8s.io", version: "v1", resource: "ingresses", kind: "Ingress",
			body:    `"spec":{"rules":[{"host":"dry-run.akstools.example"}]}`,
			command: []string{"ingress"}, flags: []string{"--rule=dry-run.akstools.example/=none:80"},
		},
		{
			group: "apps", version: "v1", resource: "deployments", kind: "Deployment", body: `"spec":{` + selector + `,` + template + `}`,
			command: []string{"deployment"}, flags: []string{"--image=none"},
		},
		{
			version: "v1", resource: "services", kind: "Service", body: `"spec":{"ports":[{"port":80}]}`,
			command: []string{"service", "clusterip"}, flags: []string{"--tcp=80"},
		},
		{version: "v1", resource: "namespaces", kind: "Namespace", wide: true, command: []string{"namespace"}},
		{version: "v1", resource: "serviceaccounts", kind: "ServiceAccount", command: []string{"serviceaccount"}},
		{version: "v1", resource: "secrets", kind: "Secret", command: []string{"secret", "generic"}},
		{
			group: "batch", version: "v1", resource: "jobs", kind: "Job", body: `"spec":{` + once + `}`,
			command: []string{"job"}, flags: []string{"--image=none"},
		},
		{
			group: "batch", version: "v1", resource: "cronjobs", kind: "CronJob",
			body:    `"spec":{"schedule":"0 0 1 1 *","suspend":true,"jobTemplate":{"spec":{` + once + `}}}`,
			command: []string{"cronjob"}, flags: []string{"--image=none", "--schedule=0 0 1 1 *"},
		},
		{
			group: "policy", version: "v1", resource: "poddisruptionbudgets", kind: "PodDisruptionBudget",
			body:    `"spec":{"minAvailable":1,` + selector + `}`,
			command: []string{"poddisruptionbudget"}, flags: []string{"--selector=akstools=dry-run", "--min-available=1"},
		},
	}
}

// common reports whether the resource is one of dryRunKinds.
func (c creation) common() bool { return c.group == "" && slices.Contains(dryRunKinds, c.resource) }

// api is the group and version, as in apiVersion.
func (c creation) api() string { return joinAPI(c.group, c.version) }

func joinAPI(group, version string) string {
	if group == "" {
		return version
	}
	return group + "/" + version
}

// findCreation returns what is created of the resource of the group and version, v1 if empty; ok is false if nothing is.
func findCreation(api, resource string) (c creation, ok bool) {
	api = cmp.Or(api, "v1")
	all := creations()
	i := slices.IndexFunc(all, func(c creation) bool { return c.api() == api && c.resource == resource })
	if i < 0 {
		return creation{}, false
	}
	return all[i], true
}

// tries returns the command with which a user tries the same; ok is false if kubectl create has none.
func (c creation) tries(namespace string) (command cmdline.Command, ok bool) {
	if len(c.command) == 0 {
		return cmdline.Command{}, false
	}
	command = cmdline.Kubectl("create").With(c.command...).With("akstools-dry-run").With(c.flags...)
	if !c.wide {
		command = command.With("-n", namespace)
	}
	return command.With("--dry-run=server"), true
}

// matches reports whether the rule is about the operation on the resource.
func matches(r admissionv1.RuleWithOperations, operation admissionv1.OperationType, group, version, resource string) bool {
	return (slices.Contains(r.Operations, operation) || slices.Contains(r.Operations, admissionv1.OperationAll)) &&
		(slices.Contains(r.APIGroups, group) || slices.Contains(r.APIGroups, "*")) &&
		(version == "" || slices.Contains(r.APIVersions, version) || slices.Contains(r.APIVersions, "*")) &&
		(slices.Contains(r.Resources, resource) || slices.Contains(r.Resources, "*") || slices.Contains(r.Resources, "*/*"))
}

// matchesCreate reports whether the rules match the creation of the resource of the core group.
func matchesCreate(rules []admissionv1.RuleWithOperations, kind string) bool {
	return slices.ContainsFunc(rules, func(r admissionv1.RuleWithOperations) bool {
		return matches(r, admissionv1.Create, "", "", kind)
	})
}
