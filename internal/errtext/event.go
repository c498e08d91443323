package errtext

// eventRules are what kubelets say of pods that they cannot start: events of pods. Addresses in them are the node's own.
func eventRules() []rule {
	row := func(meaning, source string, causes, next []string, when ...string) rule {
		return rule{when: when, class: Elsewhere, tunnel: No, meaning: meaning, causes: causes, next: next, source: source}
	}
	noSecret := row("The pod refers to a Secret that does not exist in its namespace: the kubelet waits for it.", secrets,
		[]string{"the Secret was never created, was deleted, or is in another namespace", "what creates it waits for the pod: a CSI volume"},
		[]string{"kubectl get secrets -n NAMESPACE", "kubectl describe pod NAME"},
		"^secret … not found$", "SetUp failed for volume … : secret … not found$")
	noSecret.not = []string{"key vault", "vault.azure.net", "helm", "secretproviderclass"}
	noSecret.class = NotRunning
	noKey := row("The pod refers to a key that its Secret does not have: the kubelet waits for it.", secrets,
		[]string{"the key has another name", "the Secret was changed"},
		[]string{"kubectl describe secret NAME -n NAMESPACE", "kubectl describe pod NAME"},
		"references non-existent secret key", "couldn't find key … in Secret")
	noKey.class = NotRunning
	skipped := row("The pod runs without some variables: the names of these keys cannot be names of variables, and the kubelet left them out.",
		secrets,
		[]string{"the keys have dots or dashes, as those of the client type springBoot", "a key begins with a digit"},
		[]string{
			"name each by valueFrom.secretKeyRef, mount the Secret as files, or create the connection with other names (--customized-keys)",
			"kubectl describe secret NAME -n NAMESPACE",
		},
		"InvalidEnvironmentVariableNames", "were skipped since they are considered invalid environment variable names",
		"InvalidVariableNames")
	badKey := row("The API server does not take the Secret or ConfigMap: the name of a key has a character that is not allowed.", secrets,
		[]string{"a customized key has a colon, a blank or a slash, as keys of .NET's configuration do"},
		[]string{"choose another name of letters, digits, -, _ and dots, such as ConnectionStrings__Default for ConnectionStrings:Default"},
		"a valid config key must consist of")
	killed := row("The first process of the pod or of its container was killed as it started, most often because the memory limit is too low.",
		"https://kubernetes.io/docs/tasks/configure-pod-container/assign-memory-resource/",
		[]string{
			"the memory limit is a few Mi or less, in the pod or by a LimitRange of the namespace",
			"its unit is wrong, such as m (thousandths) for Mi",
		},
		[]string{"kubectl get limitranges -n NAMESPACE", "kubectl get pod NAME -o yaml shows resources.limits"},
		"cannot start a stopped process", "container init was OOM-killed")
	uncached := row("The kubelet had not read the Secret, ConfigMap or token yet when it first tried to start the pod. It tries again "+
		"by itself.",
		"https://github.com/kubernetes/kubernetes/issues/99475",
		[]string{
			"the pod was created a moment ago, or the kubelet was restarted",
			"if it lasts for minutes, the kubelet does not reach the API server, or is overloaded",
		},
		[]string{"kubectl get pod NAME -n NAMESPACE -w"},
		"failed to sync secret cache: timed out", "failed to sync configmap cache: timed out")
	noPullSecret := row("A Secret that the pod names in imagePullSecrets does not exist. The kubelet pulls the image without it: that fails "+
		"only where the registry requires a sign-in.",
		"https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/",
		[]string{"the Secret was never created in the pod's namespace", "a ServiceAccount adds its name to each pod"},
		[]string{"kubectl describe pod NAME -n NAMESPACE", "kubectl get serviceaccount NAME -n NAMESPACE -o yaml"},
		"FailedToRetrieveImagePullSecret", "Unable to retrieve some image pull secrets")
	return []rule{
		noSecret, noKey, skipped, badKey, killed, uncached, noPullSecret,
		row("A node could not give a new pod its network: its CNI plugin failed. Connections of the pod were not tried yet.",
			"https://learn.microsoft.com/azure/architecture/operator-guides/aks/troubleshoot-network-aks",
			[]string{
				"what the plugin asks on the node does not run: azure-cns, cilium-agent, calico-node", "the subnet or the node has no address left",
				"the node is new, or was upgraded a moment ago: it tries again",
			},
			[]string{"kubectl get pods -n kube-system -o wide --field-selector spec.nodeName=NODE", "kubectl describe pod NAME"},
			"network for sandbox", "NetworkPlugin cni failed", "failed to set up sandbox container … network for pod", "plugin type= … failed (add)",
			"network plugin is not ready", "cni plugin not initialized", "cni config uninitialized"),
		row("A node could not mount a volume of a pod. The pod waits for it.", aks+"csi-storage-drivers",
			[]string{
				"the driver does not run on that node: its pod is missing or not ready",
				"the share or disk is gone, in another zone, or still attached elsewhere",
				"the node's way to the storage, or its credentials for it",
			},
			[]string{"kubectl describe pod NAME", "kubectl get csinodes", "kubectl get pods -n kube-system -o wide | grep csi"},
			"MountVolume.SetUp failed", "MountVolume.MountDevice failed", "Unable to attach or mount volumes",
			"in the list of registered CSI drivers",
			"FailedAttachVolume", "AttachVolume.Attach failed"),
	}
}
