package errtext

// helmRules are Helm's own errors, whoever runs it: a person, a pipeline, Flux or the agents of extensions.
func helmRules() []rule {
	const (
		helm    = "https://helm.sh/docs/faq/troubleshooting/"
		hooks   = "https://helm.sh/docs/topics/charts_hooks/"
		schema  = "https://helm.sh/docs/topics/charts/#schema-files"
		crds    = "https://helm.sh/docs/chart_best_practices/custom_resource_definitions/"
		old     = "https://helm.sh/docs/topics/kubernetes_apis/"
		action  = "https://github.com/helm/helm/tree/main/pkg/action"
		storage = "https://helm.sh/docs/topics/advanced/#storage-backends"
	)
	row := rowOf(Connector)
	history := "helm history RELEASE -n NAMESPACE"
	values := "helm show values CHART"
	return []rule{
		row(hooks, "A Job that Helm runs as a hook was not done in time: it took longer than its own activeDeadlineSeconds, or than Helm waits.",
			[]string{
				"its pod waits for a node, an image, a volume or a Secret: the pull of the image counts too", "the program in it hangs or is slow",
			},
			[]string{
				"kubectl get pods -n NAMESPACE -l job-name=JOB", "kubectl describe job JOB -n NAMESPACE",
				"kubectl logs job/JOB -n NAMESPACE",
			},
			"failed: DeadlineExceeded", "DeadlineExceeded: Job was active longer"),
		row(hooks, "A Job that Helm runs as a hook failed, and was tried as often as it allows (backoffLimit).",
			[]string{"the program in it exits with an error: its log says why", "a Secret, a database or a permission that it needs is missing"},
			[]string{"kubectl logs job/JOB -n NAMESPACE", "kubectl describe job JOB -n NAMESPACE"},
			"failed: BackoffLimitExceeded"),
		row(hooks, "A Job or pod of the chart's hook is left from an earlier attempt, and Helm does not replace it.",
			[]string{
				"the earlier attempt was interrupted or failed, and the hook is deleted only after a success",
				"a finalizer keeps it, or two installations run at once",
			},
			[]string{"kubectl get jobs,pods -n NAMESPACE", "kubectl delete job JOB -n NAMESPACE, then try again"},
			"Hook … jobs.batch … already exists", "Hook … pods … already exists", "hooks failed: jobs.batch … already exists",
			"object is being deleted: jobs.batch … already exists"),
		row(action, "The release has no revision that was ever deployed, so that Helm has nothing to upgrade from.",
			[]string{"the first installation failed, and its record stayed", "it was deleted with --keep-history"},
			[]string{history, "helm uninstall RELEASE -n NAMESPACE, then install it again"},
			"has no deployed releases"),
		row(action, "A release of that name exists already in the namespace.",
			[]string{"it is installed, or an earlier installation failed and its record stayed"},
			[]string{"helm list -a -n NAMESPACE", "helm upgrade --install, or uninstall it first"},
			"cannot re-use a name that is still in use", "cannot reuse a name that is still in use", "^release: already exists",
			"FAILED: release: already exists"),
		row(action, "Helm finds no such release in the namespace.",
			[]string{"the release is in another namespace or cluster, or was deleted", "the name is misspelled"},
			[]string{"helm list -A -a"},
			"^release: not found", "FAILED: release: not found", "Release not loaded"),
		row(schema, "The values do not fit the chart's schema: one is missing, of another type, or not known.",
			[]string{
				"a value is misspelled or indented wrongly", "a number or true is in quotes, or must be",
				"the chart's version wants others",
			},
			[]string{values, "helm lint CHART -f values.yaml"},
			"values don't meet the specifications of the schema", "Additional property … is not allowed", "unable to validate schema"),
		row(old, "The release's stored manifest has an API version that the cluster does not have any more.",
			[]string{
				"the cluster was upgraded, and the release still names an API that Kubernetes removed",
				"the CustomResourceDefinition of the kind was deleted",
			},
			[]string{
				"helm mapkubeapis RELEASE -n NAMESPACE (plugin)", "kubectl api-resources | grep KIND; install its CRD again if it is one", history,
			},
			"contains removed kubernetes api", "from current release manifest … no matches for kind"),
		row(crds, "The cluster does not know a kind that the chart creates: its CustomResourceDefinition is missing or of another version.",
			[]string{
				"the CRDs are in another chart, which must be installed first", "Helm installs CRDs of a chart once and never upgrades them",
				"the API version was removed from Kubernetes",
			},
			[]string{"kubectl get crds | grep GROUP", "kubectl api-resources --api-group GROUP", "helm show crds CHART | kubectl apply -f -"},
			"release manifest … no matches for kind"),
		row(old, "The chart is not for this version of Kubernetes.",
			[]string{"the chart's kubeVersion excludes the cluster's version"},
			[]string{"kubectl version", "helm search repo CHART --versions"},
			"chart requires kubeVersion", "which is incompatible with Kubernetes"),
		row(helm, "A template of the chart failed with these values. Nothing was sent to the cluster.",
			[]string{"a value that the template needs is missing, or is of another type", "a required value: the message is the chart's own"},
			[]string{values, "helm template CHART -f values.yaml --debug"},
			"execution error at (", "nil pointer evaluating", "template: … executing", "error calling include", "error calling required",
			"YAML parse error on", "error converting YAML to JSON", "parse error at (", "render error in"),
		row(helm, "The chart renders an object that the API server's schema does not allow: a field is unknown, or of another type.",
			[]string{"a value has the wrong type or indentation", "the chart is for another version of Kubernetes or of a CRD"},
			[]string{"helm template CHART -f values.yaml | kubectl apply --dry-run=server -f -", values},
			"release manifest: error validating"),
		row(action, "Kubernetes refuses to change a field that is fixed once the object exists, such as a Deployment's selector.",
			[]string{"the new version of the chart changed labels, selectors, a Job's template or a StatefulSet's volumes"},
			[]string{
				"delete that object (a StatefulSet with --cascade=orphan), then repeat the upgrade",
				"helm upgrade --force re-creates objects",
			},
			"cannot patch … field is immutable", "cannot patch … updates to statefulset spec", "UPGRADE FAILED … field is immutable",
			"cannot patch … Forbidden: may not change"),
		row(storage, "The release's record is too large for a Secret, whose limit is 1 MiB.",
			[]string{"the chart contains large files, dashboards or CRDs"},
			[]string{"remove files by .helmignore, or split the chart"},
			"sh.helm.release … Too long", "Too long: must have at most 1048576 bytes"),
		row(storage, "The account that runs Helm lacks a permission in the namespace of the release: Helm keeps its records in Secrets.",
			[]string{"its role does not allow Secrets there", "the namespace is another one than intended"},
			[]string{"kubectl auth can-i create secrets -n NAMESPACE", "kubectl auth can-i list secrets -n NAMESPACE"},
			"query: failed to query with labels", "list: failed to list: secrets is forbidden",
			"create: failed to create: secrets is forbidden"),
		row(helm, "Helm did not get the chart: its repository, registry, name or version is wrong, or not reachable.",
			[]string{
				"the chart or version does not exist there, or helm repo update was not run", "the registry wants a login, or a proxy answers",
			},
			[]string{"helm repo update", "helm pull CHART --version VERSION --debug", "helm registry login REGISTRY, for oci://"},
			"is not a valid chart repository", "failed to download … chart", "FAILED: failed to download",
			"chart … not found in … repository", "chart … version … not found",
			"failed to fetch … index.yaml", "Chart.yaml file is missing", "missing in charts/ directory", "no chart name found",
			"chart not found",
			"no cached repo found", "^repo … not found", "could not find protocol handler", "could not download … tgz",
			"no chart version found for"),
		row(action, "Two programs manage the same field of an object: a server-side apply found a conflict.",
			[]string{"a controller, kubectl or another release changed the field"},
			[]string{
				"kubectl get KIND NAME -n NAMESPACE -o yaml --show-managed-fields",
				"helm upgrade --force-conflicts (Helm 4), or kubectl apply --server-side --force-conflicts",
			},
			"conflict occurred while applying object", "Apply failed with … conflict"),
	}
}

// helmRest are the endings of Helm's errors that do not name a reason by themselves.
func helmRest() []rule {
	row := rowOf(Connector)
	const (
		wait  = "https://helm.sh/docs/helm/helm_upgrade/"
		hooks = "https://helm.sh/docs/topics/charts_hooks/"
	)
	return []rule{
		row(hooks, "A hook of the chart failed: a Job or pod that Helm runs before or after the installation.",
			[]string{
				"the program in the hook exited with an error: its log says why", "its pod could not start: image, Secret, policy or quota",
				"Helm's time was over before the hook was done",
			},
			[]string{
				"kubectl get jobs,pods -n NAMESPACE", "kubectl logs job/JOB -n NAMESPACE",
				"helm upgrade --debug --timeout 15m, with the rest",
			},
			"failed pre-install:", "failed post-install:", "pre-install hooks failed", "post-install hooks failed",
			"post-upgrade hooks failed", "pre-upgrade hooks failed", "pre-rollback",
			"pre-delete hooks failed", "post-delete hooks failed", "warning: Hook", "failed post-delete", "failed pre-delete").asGeneral(),
		row(wait, "Helm waited for the chart's objects to become ready until its time was over, or rolled the release back. It does not say why.",
			[]string{
				"a pod does not start or become ready: image, Secret, probe, volume, node or quota", "a hook or a load balancer takes too long",
				"--timeout is too short",
			},
			[]string{
				"kubectl get pods,jobs,pvc -n NAMESPACE", "kubectl get events -n NAMESPACE --sort-by=.lastTimestamp",
				"kubectl insideout service/NAME -n NAMESPACE",
			},
			"UPGRADE FAILED", "INSTALLATION FAILED", "ROLLBACK FAILED", "and has been rolled back due to", "and has been uninstalled due to",
			"Helm install failed", "Helm upgrade failed", "Helm installation failed").
			with("deadline exceeded", "timed out", "rolled back due to", "uninstalled due to", "not ready", "InProgress").asGeneral(),
		row(wait, "Helm could not install or change the release. The reason is what the message says after it.",
			[]string{
				"the API server or an admission webhook refused an object", "the chart was not found, or does not fit the cluster",
				"an object did not become ready",
			},
			[]string{
				"read the end of the message", "helm history RELEASE -n NAMESPACE",
				"kubectl get events -n NAMESPACE --sort-by=.lastTimestamp",
			},
			"UPGRADE FAILED", "INSTALLATION FAILED", "ROLLBACK FAILED", "Helm install failed", "Helm upgrade failed", "Helm installation failed",
			"install retries exhausted", "upgrade retries exhausted").asGeneral(),
	}
}
